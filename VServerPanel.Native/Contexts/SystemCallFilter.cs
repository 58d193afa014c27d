using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Contexts;

/// <summary>Filters of system calls (seccomp(2)) for contexts: no signals for context 1, no other context for locked ones.</summary>
internal static class SystemCallFilter
{
    // linux/bpf_common.h, linux/filter.h
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreaterOrEqual = 0x35;
    private const ushort JumpIfAny = 0x45;
    private const ushort Return = 0x06;

    // struct seccomp_data: nr, arch, instruction_pointer, args[6]
    private const uint OffsetOfNumber = 0;
    private const uint OffsetOfArchitecture = 4;
    private const uint OffsetOfFlags = 16;

    private const uint Allow = 0x7fff0000;
    private const uint Errno = 0x00050000;
    private const uint X32 = 0x40000000;

    // a new context is a pid namespace, and a user namespace opens all others
    private const uint NewContext = Libc.CLONE_NEWPID | Libc.CLONE_NEWUSER;

    // Numbers differ by architecture (asm/unistd_64.h, unistd_32.h, asm-generic/unistd.h). A 64-bit kernel runs 32-bit programs, too.
    private static readonly Architecture[] s_architectures =
    [
        new(0xC000003E, [62, 200, 234, 129, 297, 424], Unshare: 272, Setns: 308, CloneNumber: 56, Clone3: 435),
        new(0x40000003, [37, 238, 270, 178, 335, 424], Unshare: 310, Setns: 346, CloneNumber: 120, Clone3: 435),
        new(0xC00000B7, [129, 130, 131, 138, 240, 424], Unshare: 97, Setns: 268, CloneNumber: 220, Clone3: 435),
    ];

    /// <param name="Audit">AUDIT_ARCH_….</param>
    /// <param name="Signals">kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal.</param>
    private sealed record Architecture(uint Audit, uint[] Signals, uint Unshare, uint Setns, uint CloneNumber, uint Clone3);

    /// <summary>The program; empty where there is nothing to refuse.</summary>
    /// <param name="isMute">No signals are sent.</param>
    /// <param name="isLocked">No context is made or entered.</param>
    public static IReadOnlyList<ulong> Build(bool isMute, bool isLocked)
    {
        if (!isMute && !isLocked)
        {
            return [];
        }

        var program = new List<ulong>();
        foreach (var architecture in s_architectures)
        {
            var block = Block(architecture, isMute, isLocked);
            program.Add(Instruction(LoadWord, 0, 0, OffsetOfArchitecture));
            program.Add(Instruction(JumpIfEqual, 0, (byte)block.Count, architecture.Audit));
            program.AddRange(block);
        }

        program.Add(Refuse(ErrnoNames.ENOSYS));
        return program;
    }

    private static List<ulong> Block(Architecture architecture, bool isMute, bool isLocked)
    {
        // x32 has numbers of its own
        List<ulong> block =
        [
            Instruction(LoadWord, 0, 0, OffsetOfNumber),
            Instruction(JumpIfGreaterOrEqual, 0, 1, X32),
            Refuse(ErrnoNames.ENOSYS),
        ];
        foreach (var number in isMute ? architecture.Signals : [])
        {
            AddRefusal(block, number, ErrnoNames.EPERM);
        }

        if (isLocked)
        {
            AddRefusal(block, architecture.Setns, ErrnoNames.EPERM);

            // its flags lie in memory, where a filter cannot look; the C library takes clone then
            AddRefusal(block, architecture.Clone3, ErrnoNames.ENOSYS);
            foreach (var number in (uint[])[architecture.Unshare, architecture.CloneNumber])
            {
                block.Add(Instruction(JumpIfEqual, 0, 4, number));
                block.Add(Instruction(LoadWord, 0, 0, OffsetOfFlags));
                block.Add(Instruction(JumpIfAny, 0, 1, NewContext));
                block.Add(Refuse(ErrnoNames.EPERM));
                block.Add(Instruction(LoadWord, 0, 0, OffsetOfNumber));
            }
        }

        block.Add(Instruction(Return, 0, 0, Allow));
        return block;
    }

    private static void AddRefusal(List<ulong> block, uint number, int errno)
    {
        block.Add(Instruction(JumpIfEqual, 0, 1, number));
        block.Add(Refuse(errno));
    }

    private static ulong Refuse(int errno) => Instruction(Return, 0, 0, Errno | (uint)errno);

    // struct sock_filter: __u16 code, __u8 jt, __u8 jf, __u32 k
    private static ulong Instruction(ushort code, byte ifTrue, byte ifFalse, uint k) => code | ((ulong)ifTrue << 16) | ((ulong)ifFalse << 24) | ((ulong)k << 32);
}
