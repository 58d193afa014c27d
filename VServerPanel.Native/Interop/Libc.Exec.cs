using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace VServerPanel.Native.Interop;

/// <summary>What a process sets of itself before it becomes another program: sys/prctl.h, linux/seccomp.h, linux/capability.h, linux/sched.h.</summary>
internal static partial class Libc
{
    internal const int PR_SET_SECCOMP = 22;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    internal const int SECCOMP_MODE_FILTER = 2;
    internal const int CLONE_NEWPID = 0x20000000;
    internal const int CLONE_NEWIPC = 0x8000000;

    // _LINUX_CAPABILITY_VERSION_3: two words of capabilities
    private const uint CapabilityVersion = 0x20080522;

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static unsafe partial int execvp_raw([MarshalUsing(typeof(PathMarshaller))] string file, byte** arguments);

    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    internal static unsafe partial int posix_spawnp(
        out int pid,
        [MarshalUsing(typeof(PathMarshaller))] string file,
        ref SpawnRoom actions,
        ref SpawnRoom attributes,
        byte** arguments,
        byte** environment);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "sethostname", SetLastError = true)]
    internal static partial int sethostname([MarshalAs(UnmanagedType.LPUTF8Str)] string name, nuint length);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    private static unsafe partial int capget_raw(uint* header, uint* data);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    private static unsafe partial int capset_raw(uint* header, uint* data);

    /// <summary>environ(7): the variables as the caller gave them, whatever their bytes.</summary>
    internal static unsafe byte** Environ() => *(byte***)NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "environ");

    /// <summary>execvp(3), found on PATH, with the caller's variables. Returns only where it failed.</summary>
    internal static unsafe int execvp(IReadOnlyList<string> words)
    {
        using var arguments = new CStrings(words);
        return execvp_raw(words[0], arguments.Pointer);
    }

    /// <summary>capget(2) of this thread: effective, permitted and inheritable set.</summary>
    internal static unsafe (ulong Effective, ulong Permitted, ulong Inheritable) Capabilities()
    {
        var header = stackalloc uint[2] { CapabilityVersion, 0 };
        var data = stackalloc uint[6];
        ErrnoException.ThrowIfFailed(capget_raw(header, data), "capget");
        return (data[0] | ((ulong)data[3] << 32), data[1] | ((ulong)data[4] << 32), data[2] | ((ulong)data[5] << 32));
    }

    /// <summary>capset(2) of this thread.</summary>
    internal static unsafe void SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        var header = stackalloc uint[2] { CapabilityVersion, 0 };
        var data = stackalloc uint[6] { (uint)effective, (uint)permitted, (uint)inheritable, (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32) };
        ErrnoException.ThrowIfFailed(capset_raw(header, data), "capset");
    }

    /// <summary>prctl(2), PR_SET_SECCOMP: a filter of struct sock_filter for this thread and all that it becomes or starts.</summary>
    internal static unsafe void SetSystemCallFilter(ReadOnlySpan<ulong> program)
    {
        fixed (ulong* instructions = program)
        {
            // struct sock_fprog: unsigned short len, struct sock_filter *filter
            var description = stackalloc ulong[2] { (ulong)program.Length, (ulong)instructions };
            ErrnoException.ThrowIfFailed(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nuint)description, 0, 0), "prctl(PR_SET_SECCOMP)");
        }
    }

    /// <summary>A null-ended array of C strings.</summary>
    internal sealed unsafe class CStrings : IDisposable
    {
        private readonly int _count;

        public CStrings(IReadOnlyList<string> texts)
        {
            _count = texts.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                var room = (texts[i].Length * 3) + 1;
                Pointer[i] = (byte*)NativeMemory.Alloc((nuint)room);
                Pointer[i][PathMarshaller.Encode(texts[i], new Span<byte>(Pointer[i], room))] = 0;
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
