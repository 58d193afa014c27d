using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>System calls that a vserver may not make. All others are allowed, as in 2002: what they can reach is decided by the namespaces,
/// the capabilities and the mapped ids.</summary>
internal static class SeccompPolicy
{
    private const uint EPERM = 1;
    private const uint ENOSYS = 38;
    private const uint EAFNOSUPPORT = 97;
    private const ulong CloneNewUser = 0x1000_0000;
    private const ulong FileTypeMask = 0xF000;
    private const ulong CharacterDevice = 0x2000;
    private const ulong BlockDevice = 0x6000;
    private const ulong Int32Mask = 0xFFFF_FFFF;
    private const ulong TIOCSTI = 0x5412;
    private const ulong TIOCLINUX = 0x541C;
    private const ulong HighestAllowedFamily = 16;

    private static readonly string[] s_refused =
    [
        // the kernel and its modules, its clock, its memory, its swap
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "swapon", "swapoff", "acct", "settimeofday",
        "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "stime", "iopl", "ioperm", "syslog",

        // large attack surfaces that servers do not need
        "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "vm86", "vm86old", "nfsservctl", "lookup_dcookie",

        // not namespaced: files by handle on the whole file system, keyrings of the kernel, quota of the file system
        "open_by_handle_at", "keyctl", "add_key", "request_key", "quotactl", "quotactl_fd",
    ];

    /// <param name="style">An init ends its namespace by reboot(2); otherwise that is refused too.</param>
    /// <param name="mayNest">Whether the vserver may make user namespaces (NEST).</param>
    /// <param name="hasPrivateNetwork">In a network namespace of its own, packet sockets reach only that.</param>
    public static OciSeccomp Build(InitStyle style, bool mayNest, bool hasPrivateNetwork)
    {
        var rules = new List<OciSyscallRule> { new(style == InitStyle.Sysv ? [.. s_refused, "reboot"] : s_refused, EPERM) };

        // No device node, a whiteout (character 0:0) included: that one needs no capability since 4.18's overlay work (vfs_mknod).
        foreach (var type in (ulong[])[CharacterDevice, BlockDevice])
        {
            rules.Add(new(["mknod"], EPERM, [new(1, FileTypeMask, "SCMP_CMP_MASKED_EQ", type)]));
            rules.Add(new(["mknodat"], EPERM, [new(2, FileTypeMask, "SCMP_CMP_MASKED_EQ", type)]));
        }

        // ioctl(2) takes 32 bits of its request: compare no more, or a high bit gets by
        foreach (var request in (ulong[])[TIOCSTI, TIOCLINUX])
        {
            rules.Add(new(["ioctl"], EPERM, [new(1, Int32Mask, "SCMP_CMP_MASKED_EQ", request)]));
        }

        AddSocketRules(rules, hasPrivateNetwork);
        if (!mayNest)
        {
            // a new user namespace opens mounting and much else; clone3's flags lie in memory where a filter cannot look: glibc falls back to clone
            rules.Add(new(["unshare", "clone"], EPERM, [new(0, CloneNewUser, "SCMP_CMP_MASKED_EQ", CloneNewUser)]));
            rules.Add(new(["clone3"], ENOSYS));
        }

        // x32 is left out: libseccomp ends a process that uses an architecture which is not listed
        return new OciSeccomp("SCMP_ACT_ALLOW", Architectures(), rules);
    }

    /// <summary>AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK are what servers use; AF_VSOCK would reach the host below us, AF_PACKET the host's network.</summary>
    /// <remarks>socketcall(2) of 32-bit x86 has its arguments in memory, where a filter cannot look. For a rule on socket(2) libseccomp refuses it whole, with the same errno,
    /// whatever the family: a 32-bit guest whose C library makes sockets by it (glibc before it asked for Linux 4.3, as Debian's i386) has none.</remarks>
    private static void AddSocketRules(List<OciSyscallRule> rules, bool hasPrivateNetwork)
    {
        const ulong AfPacket = 17;
        foreach (var family in (ulong[])[3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15])
        {
            rules.Add(new(["socket", "socketpair"], EAFNOSUPPORT, [new(0, family, "SCMP_CMP_EQ")]));
        }

        rules.Add(new(["socket", "socketpair"], EAFNOSUPPORT, [new(0, hasPrivateNetwork ? AfPacket : HighestAllowedFamily, "SCMP_CMP_GT")]));
    }

    private static string[] Architectures() => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        _ => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    };
}
