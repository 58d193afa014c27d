using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Limits;

/// <summary>Where this host's cgroup hierarchies are mounted: version 2 alone, version 1, or both side by side.</summary>
internal sealed class CgroupTree
{
    public const string Root = "/sys/fs/cgroup";

    private CgroupTree(string? unified, Dictionary<string, string> controllers) => (Unified, Controllers) = (unified, controllers);

    /// <summary>Where version 2 is mounted; null on a host without it.</summary>
    public string? Unified { get; }

    /// <summary>Mount points of version 1 by controller (<c>memory</c>, <c>cpuacct</c>, <c>name=systemd</c> …); empty on a version 2 host.</summary>
    public IReadOnlyDictionary<string, string> Controllers { get; }

    /// <summary>Version 1 controllers with a version 2 mount beside them that has none: crun 1.8 refuses such a host.</summary>
    public bool IsHybrid => Unified is not null && Controllers.Count > 0;

    public bool IsUnified => Controllers.Count == 0;

    /// <summary>Finds them in this process's mount table.</summary>
    public static CgroupTree Detect() => Parse(File.ReadAllText("/proc/self/mountinfo"));

    /// <summary>proc(5), /proc/pid/mountinfo: <c>36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue</c>.</summary>
    internal static CgroupTree Parse(ReadOnlySpan<char> mountInfo)
    {
        string? unified = null;
        var controllers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in mountInfo.EnumerateLines())
        {
            var separator = line.IndexOf(" - cgroup");
            if (separator < 0)
            {
                continue;
            }

            var mountPoint = Field(line, 4);
            var tail = line[(separator + 3)..];
            if (Field(tail, 0) is "cgroup2")
            {
                unified ??= mountPoint.ToString();
            }
            else if (Field(tail, 0) is "cgroup")
            {
                Add(controllers, mountPoint.ToString(), Field(tail, 2));
            }
        }

        return new CgroupTree(unified, controllers);
    }

    /// <summary>The directory of <paramref name="cgroup"/> (as crun's cgroupsPath has it) in the hierarchy of a controller; null where there is none.</summary>
    public string? PathOf(string controller, string cgroup) =>
        Controllers.TryGetValue(controller, out var mount) ? mount + cgroup : IsUnified && Unified is not null ? Unified + cgroup : null;

    /// <summary>The directories of <paramref name="cgroup"/> in all hierarchies, whether they are there or not.</summary>
    public IEnumerable<string> PathsOf(string cgroup) =>
        Controllers.Values.Distinct(StringComparer.Ordinal).Concat(Unified is null ? [] : [Unified]).Select(mount => mount + cgroup);

    /// <summary>Removes <paramref name="cgroup"/> and what a guest made below it from all hierarchies; what still holds processes stays.</summary>
    /// <returns>Whether none is left.</returns>
    public bool Remove(string cgroup)
    {
        var gone = true;
        foreach (var path in PathsOf(cgroup))
        {
            gone &= !Directory.Exists(path) || RemoveTree(path);
        }

        return gone;
    }

    /// <summary>Pids in <paramref name="cgroup"/> and below, as the host sees them.</summary>
    public List<int> Processes(string cgroup)
    {
        // any hierarchy tells; the one that guests cannot make directories in is the shortest walk
        var path = PathOf("pids", cgroup) ?? PathOf("memory", cgroup) ?? PathsOf(cgroup).FirstOrDefault();
        var pids = new List<int>();
        if (path is not null)
        {
            Collect(path, pids);
        }

        return pids;
    }

    private static void Collect(string directory, List<int> pids)
    {
        try
        {
            foreach (var line in File.ReadLines(directory + "/cgroup.procs"))
            {
                // 0 is a process that our pid namespace does not show
                if (int.TryParse(line, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                {
                    pids.Add(pid);
                }
            }

            foreach (var child in Directory.EnumerateDirectories(directory))
            {
                Collect(child, pids);
            }
        }
        catch (IOException)
        {
            // removed while we read: it has no processes
        }
    }

    private static bool RemoveTree(string path)
    {
        try
        {
            foreach (var child in Directory.EnumerateDirectories(path))
            {
                RemoveTree(child);
            }

            using SafeFileHandle parent = Libc.open(Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
            return Libc.unlinkat(parent, Path.GetFileName(path), Libc.AT_REMOVEDIR) == 0 || !Directory.Exists(path);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or ErrnoException { Errno: ErrnoNames.ENOENT })
        {
            return true;
        }
    }

    // of the options, those that are no controllers are mount options; asking for a controller by such a name answers nothing of use
    private static void Add(Dictionary<string, string> controllers, string mountPoint, ReadOnlySpan<char> options)
    {
        foreach (var range in options.Split(','))
        {
            if (options[range] is not ("rw" or "ro" or "xattr" or "clone_children" or "noprefix"))
            {
                controllers.TryAdd(options[range].ToString(), mountPoint);
            }
        }
    }

    private static ReadOnlySpan<char> Field(ReadOnlySpan<char> line, int index)
    {
        foreach (var range in line.Split(' '))
        {
            if (index-- == 0)
            {
                return line[range];
            }
        }

        return default;
    }
}
