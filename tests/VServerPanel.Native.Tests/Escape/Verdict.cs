namespace VServerPanel.Native.Tests.Escape;

/// <summary>What a probe found: <c>NAME refused ERRNO</c>, <c>NAME SUCCEEDED</c>; for what must work <c>NAME allowed</c>, <c>NAME FORBIDDEN ERRNO</c>.</summary>
internal sealed record Verdict(string Name, string Outcome, string Reason)
{
    // as little as a refusal may be: an error of another kind would be a probe that does not try what it says
    private static readonly HashSet<string> s_refusals = new(StringComparer.Ordinal)
    {
        "EPERM", "EACCES", "EROFS", "ENOENT", "ESRCH", "ENOSYS", "ENODATA", "EINVAL", "EBADF", "EAFNOSUPPORT", "ESOCKTNOSUPPORT", "EADDRNOTAVAIL", "ECONNREFUSED", "EAGAIN", "ENOMEM", "SIGKILL", "SIGSYS",
    };

    /// <summary>Probes that reach a file or a kind of socket that not every kernel has.</summary>
    private static readonly HashSet<string> s_files = new(StringComparer.Ordinal) { "modprobe-path", "binfmt-misc", "sysrq-trigger", "kcore", "tracing", "timer-list", "release-agent" };
    private static readonly HashSet<string> s_sockets = new(StringComparer.Ordinal) { "af-alg", "vsock", "vsock-32", "vsock-socketcall", "rare-pairs" };

    /// <summary>Probes by int $0x80.</summary>
    private static readonly HashSet<string> s_calls32 = new(StringComparer.Ordinal)
    {
        "call-32", "keyctl-32", "bpf-32", "mknod-32", "unshare-user-32", "mount-32", "vsock-32", "packet-32", "vsock-socketcall", "packet-socketcall", "rare-socketcall", "tiocsti-32",
    };

    /// <summary>Whether it came to nothing because this machine answers no 32-bit call: the instruction itself faults. What a filter refuses ends with an errno, or SIGSYS.</summary>
    private bool IsWithoutCalls32 => Reason == "SIGSEGV" && s_calls32.Contains(Name);

    public bool IsRefusal => Outcome == "refused" && s_refusals.Contains(Reason);

    /// <summary>Whether a probe could do nothing although nothing protects, and the kernel is why; null where it is not.</summary>
    /// <param name="mayRaiseLimits">Whether this machine's root has CAP_SYS_RESOURCE.</param>
    public string? WhyImpossible(bool mayRaiseLimits) => (Name, Reason) switch
    {
        _ when IsWithoutCalls32 => "this machine answers no 32-bit calls",
        (_, "ENOSYS") => "this kernel is built without it",
        ("rlimit" or "oom-score", "EPERM" or "EACCES") when !mayRaiseLimits => "root of this machine has no CAP_SYS_RESOURCE",
        ("handle-of-root", "ESTALE") => "this file system numbers its root otherwise",
        (_, "ENOENT") when s_files.Contains(Name) => "this kernel has no such file",
        (_, "EAFNOSUPPORT" or "ESOCKTNOSUPPORT" or "EPROTONOSUPPORT" or "EOPNOTSUPP") when s_sockets.Contains(Name) => "this kernel has no such sockets",
        _ => null,
    };

    public override string ToString() => $"{Name} {Outcome} {Reason}".TrimEnd();

    public static IReadOnlyList<Verdict> Parse(string output) =>
        [.. output.Split('\n').Select(l => l.Trim().Split(' ')).Where(w => w is [_, "refused" or "SUCCEEDED" or "allowed" or "FORBIDDEN", ..]).Select(w => new Verdict(w[0], w[1], w.Length > 2 ? w[2] : ""))];

    /// <summary>What is not as it must be in a vserver.</summary>
    /// <param name="verdicts">Of a run in it.</param>
    /// <param name="excepted">Probes that may succeed in this one.</param>
    public static IReadOnlyList<string> Faults(IReadOnlyList<Verdict> verdicts, params IReadOnlyCollection<string> excepted) =>
        [.. verdicts.Where(v => !(v.Outcome == "allowed" || v.IsRefusal || v.IsWithoutCalls32 || (v.Outcome == "SUCCEEDED" && excepted.Contains(v.Name)))).Select(v => v.ToString())];

    /// <summary>Probes that succeed in none of the control runs, with why they cannot, or "?".</summary>
    public static IReadOnlyList<(string Name, string Why)> Impossible(bool mayRaiseLimits, params IReadOnlyList<Verdict>[] controls) =>
        [.. controls.SelectMany(c => c).GroupBy(v => v.Name, StringComparer.Ordinal)
            .Where(g => g.All(v => v.Outcome is not ("SUCCEEDED" or "allowed")))
            .Select(g => (g.Key, g.Select(v => v.WhyImpossible(mayRaiseLimits)).FirstOrDefault(w => w is not null) ?? $"? {string.Join(", ", g)}"))];
}
