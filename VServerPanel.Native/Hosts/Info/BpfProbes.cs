using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>Whether the kernel takes the programs that tie vservers to their addresses and protect shared files: each kind is loaded and attached for a moment.</summary>
/// <remarks>The programs that protect files are not part of this version yet, and the answers say so: what the kernel could do is not what is done.</remarks>
internal static class BpfProbes
{
    private const string NotYet = "VServerPanel's program for it is not part of this version";

    public static IEnumerable<Probe> All(HostPaths paths) =>
    [
        new("bpf-network", "Ties to addresses (cgroup BPF)", "Vservers in shared network mode are not tied to their addresses: each can use every address of the host and reach its loopback, and root in them cannot bind ports below 1024.", "Where that matters, filter on the host, or set NETWORK_MODE=private: loopback only, in this version.", () => Network(paths)) { Lack = CapabilityState.Degraded },
        new("abstract-sockets", "Abstract unix sockets kept apart", "A program in a vserver in shared network mode can connect to abstract unix sockets of the host and of other vservers, and those that trust whoever connects are open to it.", "Let services listen on a path instead, or set NETWORK_MODE=private: loopback only, in this version.", () => throw new ProbeFailedException(NotYet)) { Lack = CapabilityState.Degraded },
        new("bpf-lsm", "Protection of shared files (BPF lsm)", "Files are shared between vservers by reflink only, never by hard link.", "Use xfs or btrfs for /vservers; it needs no protection.", Lsm) { Lack = CapabilityState.Degraded },
        new("bpf-fmod-ret", "Protection of shared files (BPF fmod_ret)", "Files are shared between vservers by reflink only, never by hard link.", "Use xfs or btrfs for /vservers; it needs no protection.", ModifyReturn) { Lack = CapabilityState.Degraded },
    ];

    private static string Network(HostPaths paths)
    {
        var root = new Kernel.Ipv4Root(paths);
        return root.WhyNot() is { } whyNot ? throw new ProbeFailedException(whyNot) : $"loaded on {root.Programs.ParentCgroup}, and tried out";
    }

    private static string Lsm()
    {
        const string List = "/sys/kernel/security/lsm";
        var active = File.Exists(List) && File.ReadAllText(List).Trim().Split(',').Contains("bpf", StringComparer.Ordinal);
        Attach(Libc.BPF_PROG_TYPE_LSM, Libc.BPF_LSM_MAC, "bpf_lsm_inode_set_acl", "bpf_lsm_file_open");

        // where bpf is not in the list, the programs attach and never run
        throw active
            ? new ProbeFailedException($"the kernel can; {NotYet}")
            : new ProbeFailedException("attached, but 'bpf' is not among the active security modules, so it would never run", remedy: "Boot with lsm=… with bpf added (cat /sys/kernel/security/lsm), or use xfs or btrfs for /vservers.");
    }

    private static string ModifyReturn()
    {
        Attach(Libc.BPF_PROG_TYPE_TRACING, Libc.BPF_MODIFY_RETURN, "security_inode_set_acl", "security_file_open");
        throw new ProbeFailedException($"the kernel can; {NotYet}");
    }

    // A hook that is seldom called is preferred: the program answers 0, which changes nothing.
    private static void Attach(uint type, uint attachType, params ReadOnlySpan<string> functions)
    {
        uint? id = null;
        foreach (var function in functions)
        {
            id ??= KernelFunctionIds.Find(function);
        }

        try
        {
            using var program = Libc.BpfLoad(type, attachType, id ?? throw new ProbeFailedException("this kernel has no such hook"), answer: 0);
            using var link = Libc.BpfAttachToKernel(program);
        }
        catch (ErrnoException e)
        {
            throw new ProbeFailedException($"the kernel refuses: {e.Message}");
        }
    }
}
