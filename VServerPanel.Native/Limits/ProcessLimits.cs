using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation.Oci;

namespace VServerPanel.Native.Limits;

/// <summary>ULIMIT as this host can give it.</summary>
internal static class ProcessLimits
{
    // asm-generic/resource.h
    private static readonly string[] s_numbers =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS",
        "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO",
    ];

    /// <summary>Each limit within our own hard one: without CAP_SYS_RESOURCE more cannot be given (setrlimit(2)), and the runtime would fail.</summary>
    /// <param name="limits">As configured.</param>
    /// <param name="own">Our own limit of a resource, by its number.</param>
    /// <param name="mayRaise">Whether we may go beyond our hard limits.</param>
    /// <param name="warn">Told what was lowered.</param>
    public static IReadOnlyList<OciRlimit> Clamp(IReadOnlyList<ResourceLimit> limits, Func<int, Libc.Rlimit> own, bool mayRaise, Action<string> warn)
    {
        var result = new List<OciRlimit>();
        foreach (var limit in limits)
        {
            var ours = own(Array.IndexOf(s_numbers, limit.Resource));
            var ceiling = mayRaise ? ulong.MaxValue : ours.Hard;
            var hard = Math.Min(limit.Hard ?? ours.Hard, ceiling);
            if (limit.Hard > ceiling || limit.Soft > ceiling)
            {
                warn($"ULIMIT asks for more {limit.Resource} than this host's own hard limit, {ceiling}: the vserver gets that.");
            }

            // the soft limit may not be above the hard one
            result.Add(new OciRlimit(limit.Resource, Math.Min(limit.Soft ?? ours.Soft, hard), hard));
        }

        return result;
    }

    /// <summary>Our own limit, from the kernel.</summary>
    public static Libc.Rlimit Own(int resource)
    {
        ErrnoException.ThrowIfFailed(Libc.getrlimit(resource, out var limit), "getrlimit");
        return limit;
    }
}
