using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>The programs of kernel-patches/ipv4root.bpf.c in the kernel: loaded once a boot, pinned, and replaced in place by those of a newer object.</summary>
/// <remarks>
/// Pins in /sys/fs/bpf/vservers: <c>map_…</c>, <c>link_…</c>, and a symlink <c>loaded</c> whose target says what they were made from and for. It is
/// made last, so that what was cut off halfway is done again.
/// </remarks>
internal sealed class Ipv4RootPrograms
{
    public const string EntriesMap = "vservers_1";
    public const string FurtherMap = "further_1";

    private readonly string _object;
    private readonly string _pins;
    private readonly string _lock;
    private readonly string? _unified;
    private readonly string? _parent;

    /// <param name="paths">Each prefix has a set of its own.</param>
    /// <param name="objectFile">Null: beside this command.</param>
    public Ipv4RootPrograms(HostPaths paths, string? objectFile = null)
    {
        _object = objectFile ?? Path.Combine(AppContext.BaseDirectory, "ipv4root.bpf.o");
        _pins = BpfFileSystem.MountPoint + paths.CgroupParent;
        _lock = paths.Locks + "/.ipv4root";
        _unified = CgroupTree.Detect().Unified;
        _parent = _unified is null ? null : _unified + paths.CgroupParent;
    }

    public string PinsDirectory => _pins;

    /// <summary>The cgroup v2 directory that they are attached to.</summary>
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

    /// <summary>What the pins would say if they are of this object, this cgroup and this network namespace.</summary>
    public string ExpectedMark()
    {
        if (!File.Exists(_object))
        {
            throw new ProblemException(ProblemCode.MissingTool, $"'{_object}' is not there. 'make native' builds it, 'make install' puts it beside the command.");
        }

        Directory.CreateDirectory(ParentCgroup);
        var network = new FileInfo("/proc/thread-self/ns/net").LinkTarget ?? "";
        return string.Create(CultureInfo.InvariantCulture, $"{Fingerprint(File.ReadAllBytes(_object)):x16} {Libc.statx(null, ParentCgroup).Inode:x} {network}");
    }

    /// <summary>What the pins say; null where nothing whole is loaded.</summary>
    public string? LoadedMark => new FileInfo(_pins + "/loaded").LinkTarget;

    /// <summary>Whether programs are there that were confirmed once, be they of an older object, for the cgroup and network namespace of today.</summary>
    public bool IsLoadedFor(string expected) => LoadedMark is { } mark && mark.AsSpan(mark.IndexOf(' ')).SequenceEqual(expected.AsSpan(expected.IndexOf(' ')));

    /// <summary>Loads them, or replaces older ones behind their links: there is no moment without. What is there already is only tried out.</summary>
    /// <exception cref="ProblemException">Unsupported or MissingTool, with the reason.</exception>
    public void LoadAndTry()
    {
        using var alone = FileLock.Acquire(_lock, TimeSpan.FromSeconds(30), "the programs that tie vservers to their addresses");
        var mark = ExpectedMark();
        var isFirst = LoadedMark is null;
        try
        {
            if (LoadedMark != mark)
            {
                Load();
            }

            Ipv4RootSelfTest.Run(this);
            if (LoadedMark != mark)
            {
                // one rename: without the symlink nothing was ever whole, so no vserver can be tied by it (names in bpffs have no dots)
                File.Delete(_pins + "/loading");
                File.CreateSymbolicLink(_pins + "/loading", mark);
                ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, _pins + "/loading", Libc.AT_FDCWD, _pins + "/loaded", 0), "rename", _pins + "/loaded");
            }
        }
        catch (Exception) when (isFirst)
        {
            Unload();
            throw;
        }
    }

    /// <summary>Takes all of it out of the kernel. Vservers that run are tied to nothing then.</summary>
    public void Unload()
    {
        if (Directory.Exists(_pins))
        {
            Directory.Delete(_pins, recursive: true);
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

    public PinnedMap<ulong, Ipv4RootEntry>? OpenEntries() => PinnedMap<ulong, Ipv4RootEntry>.TryOpen($"{_pins}/map_{EntriesMap}");

    public PinnedMap<Ipv4RootListener, ulong>? OpenListeners() => PinnedMap<Ipv4RootListener, ulong>.TryOpen($"{_pins}/map_{FurtherMap}");

    // A map's name ends with the number of its layout. Entries of another layout cannot be carried over, and without them vservers would be loose.
    private void RefuseOtherLayout()
    {
        if (!Directory.Exists(_pins) || File.Exists($"{_pins}/map_{EntriesMap}"))
        {
            return;
        }

        if (Directory.EnumerateFiles(_pins, "map_vservers_*").Any())
        {
            if (Directory.EnumerateDirectories(ParentCgroup).Any())
            {
                throw new ProblemException(ProblemCode.Busy, "Programs of another version of this command tie the vservers that run. Stop all vservers once, then the new ones are loaded.");
            }

            Unload();
        }
    }

    private void Load()
    {
        var warnings = new List<string>();
        try
        {
            BpfFileSystem.Ensure();
            RemoveForgotten();
            RefuseOtherLayout();
            Directory.CreateDirectory(_pins);
            Libbpf.KeepWarnings(warnings);
            LoadObject();
        }
        catch (DllNotFoundException e)
        {
            throw new ProblemException(ProblemCode.MissingTool, "libbpf.so.1 is not installed ('apt-get install libbpf1').", e);
        }
        catch (ErrnoException e)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"The kernel does not take the programs: {e.Message}{Tail(warnings)}", e);
        }
    }

    /// <summary>Removes what trials below a prefix have left: their cgroup is gone, so nothing of it acts any more.</summary>
    private void RemoveForgotten()
    {
        foreach (var pins in Directory.EnumerateDirectories(BpfFileSystem.MountPoint, "vservers-*").Where(d => d != _pins && !Directory.Exists($"{_unified}/{Path.GetFileName(d)}")).ToList())
        {
            Directory.Delete(pins, recursive: true);
        }
    }

    private void LoadObject()
    {
        using var file = Libbpf.bpf_object__open_file(_object, 0);
        if (file.IsInvalid)
        {
            throw ErrnoException.Last("bpf_object__open_file", _object);
        }

        for (var map = Libbpf.bpf_object__next_map(file, 0); map != 0; map = Libbpf.bpf_object__next_map(file, map))
        {
            if (!Libbpf.bpf_map__is_internal(map))
            {
                // what is pinned there already is used again, entries and all; what is not is pinned
                Libbpf.ThrowIfFailed(Libbpf.bpf_map__set_pin_path(map, $"{_pins}/map_{Name(Libbpf.bpf_map__name(map))}"), "bpf_map__set_pin_path");
            }
        }

        Libbpf.ThrowIfFailed(Libbpf.bpf_object__load(file), "bpf_object__load", _object);
        using var cgroup = Libc.open(ParentCgroup, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var network = Libc.open("/proc/thread-self/ns/net", Libc.O_RDONLY);
        var attached = new HashSet<string>(StringComparer.Ordinal);
        for (var program = Libbpf.bpf_object__next_program(file, 0); program != 0; program = Libbpf.bpf_object__next_program(file, program))
        {
            var pin = $"{_pins}/link_{Name(Libbpf.bpf_program__name(program))}";
            attached.Add(pin);
            Attach(program, pin, cgroup, network);
        }

        foreach (var gone in Directory.EnumerateFiles(_pins, "link_*").Where(l => !attached.Contains(l)).ToList())
        {
            File.Delete(gone);
        }
    }

    private static void Attach(nint program, string pin, SafeFileHandle cgroup, SafeFileHandle network)
    {
        using (var old = Libbpf.GetPinned(pin))
        {
            // an error: its cgroup or network namespace is gone, and with it the attachment
            if (old is not null && IsOn(old, cgroup, network) && Libbpf.bpf_link_update(old, Libbpf.bpf_program__fd(program), 0) == 0)
            {
                return;
            }
        }

        using var link = Libbpf.bpf_program__type(program) == Libbpf.BPF_PROG_TYPE_SK_LOOKUP
            ? Libbpf.bpf_program__attach_netns(program, network)
            : Libbpf.bpf_program__attach_cgroup(program, cgroup);
        if (link.IsInvalid)
        {
            throw ErrnoException.Last("bpf(BPF_LINK_CREATE)", Path.GetFileName(pin));
        }

        File.Delete(pin);
        Libbpf.ThrowIfFailed(Libbpf.bpf_link__pin(link, pin), "bpf(BPF_OBJ_PIN)", pin);
    }

    /// <summary>Whether a link is still on the cgroup or network namespace of today: <c>cgroup_id:</c> and <c>netns_ino:</c> of its fdinfo.</summary>
    private static bool IsOn(SafeFileHandle link, SafeFileHandle cgroup, SafeFileHandle network)
    {
        var info = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{(int)link.DangerousGetHandle()}"));
        return info.Split('\n').Any(l =>
            l == string.Create(CultureInfo.InvariantCulture, $"cgroup_id:\t{Libc.fstatx(cgroup).Inode}")
            || l == string.Create(CultureInfo.InvariantCulture, $"netns_ino:\t{Libc.fstatx(network).Inode}"));
    }

    private static string Name(nint name) => Marshal.PtrToStringUTF8(name)!;

    private static string Tail(List<string> warnings) =>
        warnings.FirstOrDefault() is { } first ? $" ({(first.Length > 300 ? first[..300] + "…" : first).ReplaceLineEndings(" ")})" : "";

    // FNV-1a: tells one build from the next; nobody who could write the file needs to deceive it
    private static ulong Fingerprint(ReadOnlySpan<byte> content)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var b in content)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return hash;
    }
}
