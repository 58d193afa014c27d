using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>linux/bpf.h.</summary>
internal static partial class Libc
{
    internal const int BPF_PROG_LOAD = 5;
    internal const int BPF_RAW_TRACEPOINT_OPEN = 17;
    internal const uint BPF_PROG_TYPE_TRACING = 26;
    internal const uint BPF_PROG_TYPE_LSM = 29;
    internal const uint BPF_MODIFY_RETURN = 26;
    internal const uint BPF_LSM_MAC = 27;
    internal const long SYS_bpf = 321;

    /// <summary>union bpf_attr of BPF_PROG_LOAD.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct BpfProgramLoad
    {
        [FieldOffset(0)]
        public uint Type;

        [FieldOffset(4)]
        public uint InstructionCount;

        [FieldOffset(8)]
        public ulong Instructions;

        [FieldOffset(16)]
        public ulong License;

        [FieldOffset(68)]
        public uint ExpectedAttachType;

        [FieldOffset(108)]
        public uint AttachBtfId;
    }

    /// <summary>union bpf_attr of BPF_RAW_TRACEPOINT_OPEN.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct BpfRawTracepointOpen
    {
        [FieldOffset(8)]
        public uint Program;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long bpf_raw(long number, int command, ref BpfProgramLoad attributes, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long bpf_raw(long number, int command, ref BpfRawTracepointOpen attributes, nuint size);

    /// <summary>bpf(2), BPF_PROG_LOAD of a program that returns <paramref name="answer"/> and nothing else.</summary>
    internal static unsafe SafeFileHandle BpfLoad(uint type, uint attachType, uint btfId, int answer)
    {
        // BPF_MOV64_IMM(BPF_REG_0, answer), BPF_EXIT_INSN()
        ReadOnlySpan<ulong> program = [0xb7 | ((ulong)(uint)answer << 32), 0x95];
        fixed (ulong* instructions = program)
        fixed (byte* license = "GPL\0"u8)
        {
            var attributes = new BpfProgramLoad
            {
                Type = type,
                InstructionCount = 2,
                Instructions = (ulong)instructions,
                License = (ulong)license,
                ExpectedAttachType = attachType,
                AttachBtfId = btfId,
            };
            return Descriptor(bpf_raw(SYS_bpf, BPF_PROG_LOAD, ref attributes, (nuint)sizeof(BpfProgramLoad)), "bpf(BPF_PROG_LOAD)");
        }
    }

    /// <summary>bpf(2), BPF_RAW_TRACEPOINT_OPEN: attached to the kernel's function that it was loaded for, as long as the link is open.</summary>
    internal static SafeFileHandle BpfAttachToKernel(SafeFileHandle program)
    {
        var attributes = new BpfRawTracepointOpen { Program = (uint)program.DangerousGetHandle() };
        return Descriptor(bpf_raw(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, ref attributes, 16), "bpf(BPF_RAW_TRACEPOINT_OPEN)");
    }

    private static SafeFileHandle Descriptor(long fd, string call)
    {
        ErrnoException.ThrowIfFailed(fd, call);
        return new SafeFileHandle((nint)fd, ownsHandle: true);
    }
}
