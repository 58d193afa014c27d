using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>One topic of kernel-patches/ in the kernel: loaded once a boot, pinned, tried out, and replaced in place by the programs of a newer object.</summary>
/// <remarks>
/// Pins in /sys/fs/bpf/vservers/TOPIC: <c>map_…</c>, <c>link_…</c>, and a symlink <c>loaded</c> whose target says what they were made from and for. It
/// is made last, so that what was cut off halfway is done again. Topics know nothing of each other: one that a kernel refuses takes none along.
/// </remarks>
internal abstract class KernelTopic
{
    private readonly HostPaths _paths;
    private readonly IReadOnlyList<KernelWay> _ways;
    private readonly string _pins;
    private readonly string? _unified;
    private readonly string? _parent;

    /// <param name="paths">Each prefix has a set of its own.</param>
    /// <param name="name">The topic's; of its pins too.</param>
    /// <param name="ways">How it may be done, the best first.</param>
    protected KernelTopic(HostPaths paths, string name, IReadOnlyList<KernelWay> ways)
    {
        (_paths, Name, _ways) = (paths, name, ways);
        _pins = $"{BpfFileSystem.MountPoint}{paths.CgroupParent}/{name}";
        _unified = CgroupTree.Detect().Unified;
        _parent = _unified is null ? null : _unified + paths.CgroupParent;
    }

    public string Name { get; }

    public string PinsDirectory => _pins;

    /// <summary>The cgroup v2 directory that vservers lie in.</summary>
    /// <exception cref="ProblemException">Unsupported: no cgroup v2, or not all of it.</exception>
    public string ParentCgroup
    {
        get
        {
            if (_parent is null)
            {
                throw new ProblemException(ProblemCode.Unsupported, "cgroup version 2 is not mounted on this host. Mount it ('mount -t cgroup2 none /sys/fs/cgroup/unified').");
            }

            // only a cgroup that is not the root has a type (Documentation/admin-guide/cgroup-v2.rst); the programs count levels from the root
            return File.Exists(_unified + "/cgroup.type")
                ? throw new ProblemException(ProblemCode.Unsupported, "This host is itself in a cgroup namespace (a container), where vservers cannot be told apart by their cgroups.")
                : _parent;
        }
    }

    /// <summary>What the pins say: of which objects they are, and what for; null where nothing whole is loaded.</summary>
    public string? LoadedMark => Loaded?.Mark;

    /// <summary>The way that is loaded; null where none is.</summary>
    public string? LoadedWay => Loaded?.Way;

    /// <summary>Why better ways than the loaded one were not taken, at this boot; empty where there are none.</summary>
    public string Shortcomings => LoadedMark is { } mark ? Noted.Read(ShortcomingsFile, mark) ?? "" : "";

    // which objects the kernel refused at this boot, and why: it is not asked again at each start
    private string RefusalFile => $"{_paths.Run}/.kernel/{Name}-refused";

    private string ShortcomingsFile => $"{_paths.Run}/.kernel/{Name}-shortcomings";

    private (string Mark, string Way)? Loaded =>
        new FileInfo(_pins + "/loaded").LinkTarget is { } target && target.LastIndexOf(' ') is > 0 and var end ? (target[..end], target[(end + 1)..]) : null;

    /// <summary>Names what the programs are bound to besides the boot; without blanks at its ends.</summary>
    protected abstract string Place();

    /// <summary>Programs of the object that are for other kernels.</summary>
    protected virtual bool IsWanted(BpfProgram program) => true;

    /// <summary>Attaches a program, or puts it in the place of an older one, without a moment in between.</summary>
    protected abstract void Attach(BpfProgram program, string pin);

    /// <summary>Tries the loaded programs out.</summary>
    /// <exception cref="ProblemException">Unsupported: they do not do what they should.</exception>
    protected abstract void SelfTest();

    /// <summary>Called before anything is loaded.</summary>
    protected virtual void BeforeLoading()
    {
    }

    /// <summary>Called when it is loaded and has been tried out.</summary>
    protected virtual void AfterLoading()
    {
    }

    /// <summary>What the pins would say if they are of these objects, this boot and this place.</summary>
    /// <exception cref="ProblemException">MissingTool: an object is not there.</exception>
    public string ExpectedMark()
    {
        foreach (var way in _ways.Where(w => !File.Exists(w.ObjectFile)))
        {
            throw new ProblemException(ProblemCode.MissingTool, $"'{way.ObjectFile}' is not there. 'make native' builds it, 'make install' puts it beside the command.");
        }

        Directory.CreateDirectory(ParentCgroup);
        return string.Create(CultureInfo.InvariantCulture, $"{Fingerprint(_ways.Select(w => File.ReadAllBytes(w.ObjectFile))):x16} {Place()}");
    }

    /// <summary>Whether programs are there that were confirmed once, be they of an older object, for the place of today.</summary>
    public bool IsLoadedFor(string expected) => LoadedMark is { } mark && mark.AsSpan(mark.IndexOf(' ')).SequenceEqual(expected.AsSpan(expected.IndexOf(' ')));

    /// <summary>Loads it if it is not loaded; a kernel that refused it once at this boot is not asked again.</summary>
    /// <exception cref="ProblemException">Unsupported or MissingTool, with the reason.</exception>
    public void Ensure()
    {
        var mark = ExpectedMark();
        if (LoadedMark == mark)
        {
            return;
        }

        if (Noted.Read(RefusalFile, mark) is { } refusal)
        {
            if (IsLoadedFor(mark))
            {
                return;
            }

            throw new ProblemException(ProblemCode.Unsupported, refusal);
        }

        try
        {
            LoadAndTry();
        }
        catch (ProblemException e) when (e.Code != ProblemCode.Busy)
        {
            Noted.Write(RefusalFile, mark, e.Message);

            // those of an older object go on
            if (!IsLoadedFor(mark))
            {
                throw;
            }
        }
    }

    /// <summary>Whether it works here, asked anew and tried out.</summary>
    /// <returns>Null: it does. Else why not, as a sentence.</returns>
    public string? WhyNot()
    {
        try
        {
            LoadAndTry();
            Noted.Forget(RefusalFile);
            return null;
        }
        catch (Exception e) when (e is ProblemException or IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            return e.Message;
        }
    }

    /// <summary>Loads it by the best way that does what it should, or replaces older programs behind their links: there is no moment without. What is there already is only tried out.</summary>
    /// <exception cref="ProblemException">Unsupported or MissingTool, with the reason of each way.</exception>
    public void LoadAndTry()
    {
        using var alone = FileLock.Acquire($"{_paths.Locks}/.{Name}", TimeSpan.FromSeconds(30), $"the kernel programs for {Name}");
        var mark = ExpectedMark();
        if (LoadedMark == mark)
        {
            SelfTest();
            return;
        }

        // programs that run are replaced by those of their own kind first: another kind's are not yet known to act
        var failed = new List<(KernelWay Way, ProblemException Problem)>();
        foreach (var way in _ways.OrderByDescending(w => w.Name == LoadedWay))
        {
            try
            {
                Load(way, mark);
                Noted.Write(ShortcomingsFile, mark, Describe(failed));
                return;
            }
            catch (ProblemException e) when (e.Code != ProblemCode.Busy)
            {
                failed.Add((way, e));
            }
        }

        throw new ProblemException(failed[0].Problem.Code, Describe(failed), failed[^1].Problem);
    }

    /// <summary>Takes all of it out of the kernel. Vservers that run are without it then.</summary>
    public void Unload()
    {
        if (Directory.Exists(_pins))
        {
            Directory.Delete(_pins, recursive: true);
        }

        if (Path.GetDirectoryName(_pins) is { } all && Directory.Exists(all) && !Directory.EnumerateFileSystemEntries(all).Any())
        {
            Directory.Delete(all);
        }
    }

    /// <summary>Takes them out if no vserver runs.</summary>
    public void UnloadIfUnused()
    {
        if (_parent is null || !Directory.Exists(_parent) || !Directory.EnumerateDirectories(_parent).Any())
        {
            Unload();
        }
    }

    /// <summary>The ids of the cgroups of all vservers that run.</summary>
    public HashSet<ulong> RunningCgroups() => Directory.Exists(ParentCgroup)
        ? Directory.EnumerateDirectories(ParentCgroup).Select(d => Libc.TryStatx(null, d, out var stat) ? stat.Inode : 0).ToHashSet()
        : [];

    /// <summary>A cgroup for a self-test, for the time of it.</summary>
    protected void InScratchCgroup(Action<string, ulong> test)
    {
        var scratch = $"{ParentCgroup}/.self-test-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        Directory.CreateDirectory(scratch);
        try
        {
            test(scratch, Libc.statx(null, scratch).Inode);
        }
        finally
        {
            Directory.Delete(scratch);
        }
    }

    /// <summary>This command, to be run as a tool.</summary>
    protected static ChildProcess Probe(params string[] arguments) => new() { Program = OwnCommand(), Arguments = ["--as", .. arguments], TimeOut = TimeSpan.FromSeconds(20) };

    private void Load(KernelWay way, string mark)
    {
        var isFirst = LoadedMark is null;
        try
        {
            BpfFileSystem.Ensure();
            RemoveForgotten();
            BeforeLoading();
            Directory.CreateDirectory(_pins);
            new BpfLoader(_pins, IsWanted, Attach).Load(way.ObjectFile);
            SelfTest();

            // one rename: without the symlink nothing was ever whole, so no vserver relies on it (names in bpffs have no dots)
            File.Delete(_pins + "/loading");
            File.CreateSymbolicLink(_pins + "/loading", $"{mark} {way.Name}");
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, _pins + "/loading", Libc.AT_FDCWD, _pins + "/loaded", 0), "rename", _pins + "/loaded");
            AfterLoading();
        }
        catch (Exception) when (isFirst)
        {
            Unload();
            throw;
        }
    }

    private string Describe(List<(KernelWay Way, ProblemException Problem)> failed) =>
        string.Join(' ', failed.Select(f => _ways.Count == 1 ? f.Problem.Message : $"By {f.Way.Name}: {f.Problem.Message.TrimEnd('.')}."));

    /// <summary>Removes what trials below a prefix have left: their cgroup is gone, so nothing of it acts any more.</summary>
    private void RemoveForgotten()
    {
        var own = Path.GetDirectoryName(_pins);
        foreach (var pins in Directory.EnumerateDirectories(BpfFileSystem.MountPoint, "vservers-*").Where(d => d != own && !Directory.Exists($"{_unified}/{Path.GetFileName(d)}")).ToList())
        {
            Directory.Delete(pins, recursive: true);
        }
    }

    private static string OwnCommand() =>
        Environment.GetEnvironmentVariable("VSERVER_COMMAND") is { Length: > 0 } command && Libc.geteuid() == 0 && Path.GetFileName(Environment.ProcessPath) != "vserver" ? command : Environment.ProcessPath ?? "/usr/sbin/vserver";

    // FNV-1a: tells one build from the next; nobody who could write the file needs to deceive it
    private static ulong Fingerprint(IEnumerable<byte[]> files)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var content in files)
        {
            // at each start over all objects: byte by byte of an array, not of a sequence
            foreach (var b in content)
            {
                hash = (hash ^ b) * 0x100000001b3;
            }
        }

        return hash;
    }
}

/// <summary>A kind of program that does a topic's work, and the object with those.</summary>
internal sealed record KernelWay(string Name, string ObjectFile)
{
    /// <summary>Objects lie beside this command.</summary>
    public static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
