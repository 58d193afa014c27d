using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>Finds the root in what an archive held: itself, its one top directory, or <c>rootfs/</c> beside other files.</summary>
internal static class RootFinder
{
    private static readonly string[] s_signs = ["bin", "etc", "lib", "sbin", "usr"];

    /// <summary>Where the root is below <paramref name="tree"/>: "", "rootfs", "debian-12/rootfs" …</summary>
    /// <exception cref="ProblemException">InvalidArgument: there is none.</exception>
    public static string Find(SafeFileHandle tree)
    {
        var at = Libc.openat(tree, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        try
        {
            var path = "";
            for (var depth = 0; depth <= 2; depth++)
            {
                var entries = DirectoryReader.Read(at);
                if (entries.Count(e => s_signs.Contains(e.Name)) >= 2 || (entries.Exists(e => e.Name is "bin" or "usr") && entries.Count > 0))
                {
                    return path;
                }

                var next = entries.Find(e => e.IsDirectory && e.Name == "rootfs") is { Name: not null } rootfs ? rootfs.Name
                    : entries.Where(e => e.IsDirectory).ToList() is [var only] ? only.Name
                    : null;
                if (next is null)
                {
                    break;
                }

                path = path.Length == 0 ? next : $"{path}/{next}";
                var below = Libc.openat(at, next, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                at.Dispose();
                at = below;
            }

            throw new ProblemException(ProblemCode.InvalidArgument, "This archive holds no root: neither it nor its one top directory has a bin or usr directory. Take one made from '/' of a system.");
        }
        finally
        {
            at.Dispose();
        }
    }
}
