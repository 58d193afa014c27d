using System.Globalization;
using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;

namespace VServerPanel.Native.Contexts;

/// <summary>Cgroups of contexts that are no vserver's (<c>/vservers/.context-49152</c>) and of commands that are tied to addresses (<c>….bind-4711</c>).</summary>
/// <remarks>Who makes one enters it at once, under a lock: a group without processes is one that nobody is in any more, and may be removed.</remarks>
internal sealed class ContextGroups(HostPaths paths)
{
    // where processes are counted and listed; version 2 is what the BPF programs ask for
    private static readonly string[] s_controllers = ["pids", "memory", "cpu", "cpuacct"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly CgroupTree _tree = CgroupTree.Detect();
    private readonly string[] _origin = File.ReadAllLines("/proc/self/cgroup");

    /// <summary>Whether a context that is no vserver's has this number.</summary>
    public bool IsThere(int context) => Directories().Any(d => Directory.Exists($"{d}/{NameOf(context)}"));

    /// <summary>The name of a context's own group.</summary>
    public static string NameOf(int context) => string.Create(CultureInfo.InvariantCulture, $"{ContextTable.NumberedPrefix}{context}");

    /// <summary>Makes the first of some groups that is not there yet, and enters it.</summary>
    /// <param name="names">To choose from.</param>
    /// <param name="prepare">Told the group, before it is entered.</param>
    /// <returns>Its name; null where all of them are taken.</returns>
    public string? CreateAndEnter(IEnumerable<string> names, Action<string> prepare)
    {
        using var alone = Lock();
        foreach (var name in names)
        {
            if (TryCreate(name))
            {
                prepare($"{paths.CgroupParent}/{name}");
                Enter(name);
                return name;
            }
        }

        return null;
    }

    /// <summary>Enters a group, and makes it if it is not there.</summary>
    public void CreateOrEnter(string name)
    {
        using var alone = Lock();
        _ = TryCreate(name);
        Enter(name);
    }

    /// <summary>Enters the group of a vserver, or that of one of its processes where a group below holds them.</summary>
    public void EnterContextOf(string cgroup, int pid)
    {
        var groups = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup"));
        foreach (var (mount, controller) in Mounts())
        {
            if (!TryJoin(mount + cgroup) && GroupOf(groups, controller) is { } own && own.StartsWith(cgroup + "/", StringComparison.Ordinal))
            {
                _ = TryJoin(mount + own);
            }
        }
    }

    /// <summary>Goes back to where the caller was.</summary>
    public void Leave()
    {
        foreach (var (mount, controller) in Mounts())
        {
            _ = (GroupOf(_origin, controller) is { } origin && TryJoin(mount + origin)) || TryJoin(mount);
        }
    }

    /// <summary>Removes the groups whose processes have all ended: by whoever makes, lists or ends contexts next, as the kernel tells nobody of the last one's end.</summary>
    public void RemoveEmpty()
    {
        var names = Directories().SelectMany(d => Directory.EnumerateDirectories(d, ContextTable.NumberedPrefix + "*")).Select(d => Path.GetFileName(d)!).Distinct(StringComparer.Ordinal).ToList();
        using var alone = names.Count == 0 || !Directory.Exists(paths.Locks) ? null : FileLock.TryAcquire(LockFile);
        if (alone is null)
        {
            return;
        }

        foreach (var name in names)
        {
            if (_tree.Processes($"{paths.CgroupParent}/{name}").Count == 0)
            {
                _tree.Remove($"{paths.CgroupParent}/{name}");
            }
        }
    }

    /// <summary>The most processes that a context may have; quiet where its kernel counts none.</summary>
    public void LimitProcesses(string cgroup, ulong most)
    {
        if (_tree.PathOf("pids", cgroup) is { } path && File.Exists(path + "/pids.max"))
        {
            File.WriteAllText(path + "/pids.max", most.ToString(CultureInfo.InvariantCulture));
        }
    }

    private string LockFile => paths.Locks + "/.context-groups";

    private FileLock Lock() => FileLock.Acquire(LockFile, s_patience, "the groups of contexts");

    private IEnumerable<(string Mount, string Controller)> Mounts() =>
        s_controllers.Where(_tree.Controllers.ContainsKey).Select(c => (Mount: _tree.Controllers[c], Controller: c))
            .Concat(_tree.Unified is null ? [] : [(Mount: _tree.Unified, Controller: "")])
            .DistinctBy(m => m.Mount, StringComparer.Ordinal);

    private IEnumerable<string> Directories() => Mounts().Select(m => m.Mount + paths.CgroupParent).Where(Directory.Exists);

    private bool TryCreate(string name)
    {
        var isNew = true;
        foreach (var (mount, _) in Mounts())
        {
            Directory.CreateDirectory(mount + paths.CgroupParent);
            using var parent = Libc.open(mount + paths.CgroupParent, Libc.O_RDONLY | Libc.O_DIRECTORY);
            if (Libc.mkdirat(parent, name, 0b111_101_101) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                isNew = errno == ErrnoNames.EEXIST ? false : throw new ErrnoException(errno, "mkdir", $"{mount}{paths.CgroupParent}/{name}");
            }
        }

        return isNew;
    }

    private void Enter(string name)
    {
        foreach (var (mount, _) in Mounts())
        {
            File.WriteAllText($"{mount}{paths.CgroupParent}/{name}/cgroup.procs", "0");
        }
    }

    // cgroups(7): 8:pids:/vservers/web1
    private static string? GroupOf(string[] lines, string controller) =>
        lines.Select(l => l.Split(':', 3)).FirstOrDefault(f => f.Length == 3 && f[1].Split(',').Contains(controller, StringComparer.Ordinal))?[2];

    private static bool TryJoin(string directory)
    {
        try
        {
            File.WriteAllText(directory + "/cgroup.procs", "0");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
