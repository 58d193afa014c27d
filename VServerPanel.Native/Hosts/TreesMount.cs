using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts;

/// <summary>Whether the file system of the trees is there. Where /etc/fstab names one that is not mounted, as after a power cut, every tree seems to be gone: whoever
/// undoes, deletes or purges then would take it for done.</summary>
internal static class TreesMount
{
    /// <exception cref="ProblemException">Busy: it is not mounted.</exception>
    public static void Require(HostPaths paths)
    {
        if (Problem(paths) is { } problem)
        {
            throw problem;
        }
    }

    /// <summary>That it is not mounted; null where it is, or where none is named.</summary>
    public static ProblemException? Problem(HostPaths paths) =>
        SystemFile.Read(Fstab.FilePath) is { } fstab && Missing(paths, fstab, MountTable.Read()) is { } place
            ? new ProblemException(ProblemCode.Busy, $"{Fstab.FilePath} names a file system for '{place}', and nothing is mounted there: the vservers are not there now. Mount it ('mount {place}'), and try again.", path: place)
            : null;

    /// <summary>The place of a named file system that holds the trees and is not mounted.</summary>
    internal static string? Missing(HostPaths paths, string fstab, IReadOnlyList<MountEntry> mounts)
    {
        // the other places that it names are not looked at: a server that does not answer must not hold us up
        var real = RealPath(paths.VServers);
        return Fstab.Parse(fstab)
            .Select(l => l.MountPoint.Length > 1 ? l.MountPoint.TrimEnd('/') : "")
            .FirstOrDefault(p => p.Length > 0 && (IsAbove(p, paths.VServers) || IsAbove(p, real)) && !mounts.Any(m => m.MountPoint == p || m.MountPoint == RealPath(p)));
    }

    private static bool IsAbove(string place, string path) => path == place || path.StartsWith(place + "/", StringComparison.Ordinal);

    // mountinfo has the paths without symlinks
    private static string RealPath(string path)
    {
        try
        {
            using var fd = Interop.Libc.open(path, Interop.Libc.O_PATH | Interop.Libc.O_DIRECTORY);
            return new FileInfo($"/proc/self/fd/{(int)fd.DangerousGetHandle()}").LinkTarget ?? path;
        }
        catch (Interop.ErrnoException)
        {
            return path;
        }
    }
}
