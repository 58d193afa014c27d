using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>Which capabilities a vserver's processes may have, in its own user namespace.</summary>
internal static class GuestCapabilities
{
    // capable only towards the owner of the network namespace (user_namespaces(7)): a guest's user namespace does not own the host's
    private static readonly string[] s_needOwnNetwork = ["CAP_NET_ADMIN", "CAP_NET_BROADCAST", "CAP_NET_RAW"];

    // checked against the initial user namespace only: nothing that we could give
    private static readonly string[] s_needHost = ["CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_TIME", "CAP_SYS_PACCT", "CAP_MKNOD", "CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG", "CAP_LINUX_IMMUTABLE"];

    /// <summary>All that the secure set leaves, plus and minus S_CAPS, within what this host lets us give.</summary>
    /// <param name="conf">S_CAPS, and the network mode.</param>
    /// <param name="style">Inits end their pid namespace by reboot(2), which needs SYS_BOOT; it reaches no further (pid_namespaces(7)).</param>
    /// <param name="bounding">Our own bounding set: more than that makes the runtime fail.</param>
    /// <param name="warn">Told what cannot be had.</param>
    /// <returns>Names with CAP_, in order of their numbers.</returns>
    public static IReadOnlyList<string> Compute(VServerConf conf, InitStyle style, IReadOnlySet<string> bounding, Action<string> warn)
    {
        var set = CapabilityNames.All.Where(c => !SecureSet.Names.Contains(c)).ToHashSet(StringComparer.Ordinal);
        if (style != InitStyle.Sysv)
        {
            set.Add("CAP_SYS_BOOT");
        }

        // ping, traceroute and DHCP: raw packets, and in a network of its own they are that network's only. NET_ADMIN is another matter: the kernel's
        // packet filters and queues have been the way out of many a user namespace, so it comes by S_CAPS alone.
        if (conf.NetworkMode == NetworkMode.Private)
        {
            set.Add("CAP_NET_RAW");
        }

        foreach (var name in conf.GivenCapabilities)
        {
            set.Add(name);
            if (!bounding.Contains(name))
            {
                warn($"S_CAPS gives {name} back, but this host has taken it from us too: the vserver starts without it.");
            }
            else if (conf.NetworkMode == NetworkMode.Shared && s_needOwnNetwork.Contains(name, StringComparer.Ordinal))
            {
                warn($"S_CAPS gives {name} back, and in the host's network it has no effect: it needs NETWORK_MODE=private.");
            }
            else if (s_needHost.Contains(name, StringComparer.Ordinal))
            {
                warn($"S_CAPS gives {name} back, and it has no effect: the kernel asks for it on the host itself.");
            }
            else if (name == "CAP_SYS_RESOURCE")
            {
                // do_prlimit(), kernel/sys.c: capable(CAP_SYS_RESOURCE), of the initial user namespace
                warn("S_CAPS gives CAP_SYS_RESOURCE back: programs that want to have it run, but raising a hard limit stays the host's. ULIMIT sets those, such as -H -n 65536.");
            }
        }

        set.ExceptWith(conf.TakenCapabilities);
        return [.. CapabilityNames.All.Where(c => set.Contains(c) && bounding.Contains(c))];
    }

    /// <summary>The bounding set of this process (capabilities(7)).</summary>
    public static IReadOnlySet<string> ReadBoundingSet() =>
        CapabilityNames.All.Where((_, number) => Libc.prctl(Libc.PR_CAPBSET_READ, (nuint)number, 0, 0, 0) == 1).ToHashSet(StringComparer.Ordinal);
}
