using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages;

/// <summary>Where a path that a package names really lies in a tree, when symlinks such as /bin → usr/bin have been followed within it.</summary>
internal sealed class RealPaths(SafeFileHandle root)
{
    // a tree of a million files has fewer directories; what a hostile database names beyond is looked up again each time
    private const int MostKept = 100_000;
    private const int LongestPath = 4095;

    private readonly Dictionary<string, string> _directories = new(StringComparer.Ordinal) { [""] = "" };
    private readonly string _rootPath = PathOf(root) is "/" ? "" : PathOf(root);

    /// <summary>The path as it lies in the tree, without leading slash; as it was where its directory is not there. Null for what is no path of a file.</summary>
    /// <param name="path">Absolute or not, as a database has it.</param>
    public string? Find(ReadOnlySpan<char> path)
    {
        path = path.TrimStart('/');
        if (path.StartsWith("./", StringComparison.Ordinal))
        {
            path = path[2..].TrimStart('/');
        }

        if (path.Length is 0 or > LongestPath || !IsPlain(path))
        {
            return null;
        }

        var slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return path.ToString();
        }

        var directory = DirectoryOf(path[..slash]);
        return directory.AsSpan().SequenceEqual(path[..slash]) ? path.ToString()
            : directory.Length == 0 ? path[(slash + 1)..].ToString()
            : string.Concat(directory, path[slash..]);
    }

    // no empty, '.' or '..' component: dpkg and rpm write none, and we need not say what they would mean
    private static bool IsPlain(ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            if (path[range] is "" or "." or "..")
            {
                return false;
            }
        }

        return path.IndexOf('\0') < 0;
    }

    private string DirectoryOf(ReadOnlySpan<char> directory)
    {
        if (_directories.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(directory, out var known))
        {
            return known;
        }

        var name = directory.ToString();
        var real = Resolve(name) ?? name;
        if (_directories.Count < MostKept)
        {
            _directories[name] = string.Equals(real, name, StringComparison.Ordinal) ? name : real;
        }

        return real;
    }

    private string? Resolve(string directory)
    {
        try
        {
            using var opened = Libc.openInRoot(root, directory, Libc.O_PATH | Libc.O_DIRECTORY);
            var path = PathOf(opened);
            return path.StartsWith(_rootPath + "/", StringComparison.Ordinal) ? path[(_rootPath.Length + 1)..]
                : path == _rootPath ? ""
                : null;
        }
        catch (ErrnoException)
        {
            return null;
        }
    }

    // proc(5): the path of what a descriptor has open, as the kernel has it now
    private static string PathOf(SafeFileHandle handle)
    {
        using var descriptors = Libc.open("/proc/self/fd", Libc.O_PATH | Libc.O_DIRECTORY);
        return Libc.ReadLink(descriptors, ((int)handle.DangerousGetHandle()).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
