using VServerPanel.Native.Kernel;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>What of kernel-patches/ is in force on this host, by which way, and why not: each topic is loaded if it is not, and tried out.</summary>
internal static class BpfProbes
{
    public static IEnumerable<Probe> All(HostPaths paths) =>
    [
        new("bpf-network", "Ties to addresses (ipv4root)", "Vservers in shared network mode are not tied to their addresses: each can use every address of the host and reach its loopback, and root in them cannot bind ports below 1024.", "Where that matters, filter on the host, or set NETWORK_MODE=private.", () => Ask(new Ipv4RootPrograms(paths))) { Lack = CapabilityState.Degraded },
        new("bpf-iunlink", "Protection of shared files (iunlink)", "Files are shared between vservers by reflink only, never by hard link.", "Use a stock kernel with BPF, where root may load programs (no lockdown); or xfs or btrfs for /vservers, which need no protection.", () => Ask(new Iunlink(paths))) { Lack = CapabilityState.Degraded },
        new("bpf-isolation", "Signals, abstract sockets and disks (isolation)", "A 'killall' on the host reaches into vservers. A program in a vserver in shared network mode can connect to abstract unix sockets of the host and of other vservers, and those that trust whoever connects are open to it.", "Use a stock kernel with BPF, where root may load programs (no lockdown). Let services listen on a path instead of an abstract name, or set NETWORK_MODE=private.", () => Ask(new Kernel.Isolation(paths))) { Lack = CapabilityState.Degraded },
    ];

    private static string Ask(KernelTopic topic)
    {
        if (topic.WhyNot() is { } whyNot)
        {
            throw new ProbeFailedException(whyNot);
        }

        return topic.Shortcomings is { Length: > 0 } shortcomings
            ? $"in force by {topic.LoadedWay}, tried out. {shortcomings}"
            : $"in force by {topic.LoadedWay}, tried out";
    }
}
