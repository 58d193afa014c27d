using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>spawn.h, and pipes.</summary>
internal static partial class Libc
{
    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const short POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const short POSIX_SPAWN_SETSID = 0x80;

    /// <summary>Room for posix_spawnattr_t (336 bytes in glibc) and posix_spawn_file_actions_t (80).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    internal struct SpawnRoom
    {
        private long _first;
    }

    /// <summary>sigset_t: 1024 bits in glibc.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SignalSet
    {
        public ulong First;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int posix_spawn_file_actions_init(ref SpawnRoom actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int posix_spawn_file_actions_destroy(ref SpawnRoom actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int posix_spawn_file_actions_adddup2(ref SpawnRoom actions, int fd, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    internal static partial int posix_spawnattr_init(ref SpawnRoom attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int posix_spawnattr_destroy(ref SpawnRoom attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int posix_spawnattr_setflags(ref SpawnRoom attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int posix_spawnattr_setsigdefault(ref SpawnRoom attributes, ref SignalSet signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int posix_spawnattr_setsigmask(ref SpawnRoom attributes, ref SignalSet signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    internal static unsafe partial int posix_spawn(
        out int pid,
        [MarshalUsing(typeof(PathMarshaller))] string path,
        ref SpawnRoom actions,
        ref SpawnRoom attributes,
        byte** arguments,
        byte** environment);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int pipe2(int* ends, int flags);

    /// <summary>pipe2(2), CLOEXEC.</summary>
    internal static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        ErrnoException.ThrowIfFailed(pipe2(ends, O_CLOEXEC), "pipe2");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }
}
