using System.Globalization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>A topic whose programs answer the kernel's security hooks: as lsm, or where those never run as fmod_ret. They see all of the host, and know vservers by a map.</summary>
internal abstract class SecurityTopic : KernelTopic
{
    private readonly HostPaths _paths;
    private readonly Lazy<KernelTypes> _types = new(() => Libbpf.btf__load_vmlinux_btf() is { IsInvalid: false } types ? types : throw ErrnoException.Last("btf__load_vmlinux_btf"));

    /// <param name="paths">Each prefix has a set of its own.</param>
    /// <param name="name">The topic's.</param>
    /// <param name="objects">Directory of the objects; null: beside this command.</param>
    protected SecurityTopic(HostPaths paths, string name, string? objects)
        : base(paths, name, [Way("lsm", name + ".bpf.o", objects), Way("fmod_ret", name + ".fmod_ret.bpf.o", objects)]) => _paths = paths;

    /// <summary>The vservers that it is in force for, by their cgroups' ids; null where it is not loaded.</summary>
    public PinnedMap<ulong, ContextEntry>? OpenContexts() => PinnedMap<ulong, ContextEntry>.TryOpen($"{PinsDirectory}/map_{ContextEntry.Map}");

    // nothing but the boot
    protected override string Place() => "host";

    /// <summary>Leaves out what is for kernels whose hook has another number of arguments, or that have the hook at all.</summary>
    protected override bool IsWanted(BpfProgram program) => IsFor(program, f => Libbpf.ArgumentsOf(_types.Value, f));

    /// <summary>Whether a program fits a kernel: its name may end with the number of arguments that its hook must have.</summary>
    internal static bool IsFor(BpfProgram program, Func<string, int?> argumentsOf)
    {
        // the function that an lsm program is attached to is not the one that calls it
        var hook = program.Section[(program.Section.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var arguments = argumentsOf(program.Section.StartsWith("lsm/", StringComparison.Ordinal) ? "bpf_lsm_" + hook : hook);
        return arguments is not null && (!int.TryParse(program.Name.AsSpan(program.Name.LastIndexOf('_') + 1), CultureInfo.InvariantCulture, out var wanted) || wanted == arguments);
    }

    // links of these types cannot be given another program: the new one is attached besides before the old one goes
    protected override void Attach(BpfProgram program, string pin)
    {
        using var link = Libbpf.bpf_program__attach(program.Handle);
        BpfLoader.Pin(link, pin);
    }

    /// <summary>Enters what was started before the kernel took the programs, as after a refusal whose cause is mended.</summary>
    protected override void AfterLoading()
    {
        using var contexts = OpenContexts();
        var states = new RunStateStore(_paths);
        foreach (var directory in Directory.EnumerateDirectories(ParentCgroup))
        {
            var number = ContextTable.NumberIn(Path.GetFileName(directory)) ?? states.FindByContainer(Path.GetFileName(directory))?.Context;
            if (number is > 0 && Libc.TryStatx(null, directory, out var cgroup) && contexts?.Find(cgroup.Inode) is null)
            {
                contexts?.Set(cgroup.Inode, new ContextEntry { Context = (uint)number });
            }
        }
    }

    /// <summary>A scratch cgroup that counts as a vserver.</summary>
    protected void AsVServer(Action<string> test) => InScratchCgroup((scratch, id) =>
    {
        using var contexts = OpenContexts() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs were loaded and their map is not there.");
        contexts.Set(id, default);
        try
        {
            test(scratch);
        }
        finally
        {
            contexts.Remove(id);
        }
    });

    private static KernelWay Way(string name, string file, string? objects) => new(name, objects is null ? KernelWay.Beside(file) : Path.Combine(objects, file));
}
