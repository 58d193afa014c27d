using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/mount.h, linux/mount.h.</summary>
internal static partial class Libc
{
    internal const nuint MS_RDONLY = 1;
    internal const nuint MS_NOSUID = 2;
    internal const nuint MS_NODEV = 4;
    internal const nuint MS_NOEXEC = 8;
    internal const nuint MS_REMOUNT = 32;
    internal const nuint MS_BIND = 0x1000;
    internal const nuint MS_REC = 0x4000;
    internal const nuint MS_PRIVATE = 0x40000;
    internal const nuint MS_SLAVE = 0x80000;
    internal const int MNT_DETACH = 2;
    internal const int UMOUNT_NOFOLLOW = 8;
    internal const uint OPEN_TREE_CLONE = 1;
    internal const uint OPEN_TREE_CLOEXEC = 0x80000;
    internal const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    internal const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    internal const ulong MOUNT_ATTR_RDONLY = 0x1;
    internal const ulong MOUNT_ATTR_NOSUID = 0x2;
    internal const ulong MOUNT_ATTR_NODEV = 0x4;
    internal const ulong MOUNT_ATTR_NOEXEC = 0x8;
    internal const ulong MOUNT_ATTR_IDMAP = 0x100000;
    internal const ulong MOUNT_ATTR_NOSYMFOLLOW = 0x200000;
    internal const uint AT_RECURSIVE = 0x8000;

    // the same on every architecture since 5.2 (asm-generic/unistd.h); glibc has wrappers from 2.36 on only
    internal const long SYS_open_tree = 428;
    internal const long SYS_move_mount = 429;
    internal const long SYS_mount_setattr = 442;

    /// <summary>struct mount_attr of mount_setattr(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MountAttributes
    {
        public ulong Set;
        public ulong Clear;
        public ulong Propagation;
        public ulong UserNamespace;
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true)]
    internal static partial int mount(
        [MarshalUsing(typeof(PathMarshaller))] string source,
        [MarshalUsing(typeof(PathMarshaller))] string target,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? type,
        nuint flags,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? data);

    [LibraryImport("libc", EntryPoint = "chroot", SetLastError = true)]
    internal static partial int chroot([MarshalUsing(typeof(PathMarshaller))] string path);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true)]
    internal static partial int umount2([MarshalUsing(typeof(PathMarshaller))] string target, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long open_tree_raw(long number, int directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long move_mount_raw(
        long number,
        SafeFileHandle from,
        [MarshalUsing(typeof(PathMarshaller))] string fromPath,
        int to,
        [MarshalUsing(typeof(PathMarshaller))] string toPath,
        uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long mount_setattr_raw(
        long number,
        SafeFileHandle directory,
        [MarshalUsing(typeof(PathMarshaller))] string path,
        uint flags,
        ref MountAttributes attributes,
        nuint size);

    /// <summary>open_tree(2): a detached copy of the mount that <paramref name="directory"/> is in, from there down, without what is mounted below.</summary>
    internal static SafeFileHandle CloneMount(SafeFileHandle directory, string pathForMessages) => CloneMount(directory, 0, pathForMessages);

    /// <summary>open_tree(2): a detached copy of the mount that <paramref name="directory"/> is in, from there down, with all that is mounted below.</summary>
    internal static SafeFileHandle CloneMounts(SafeFileHandle directory, string pathForMessages) => CloneMount(directory, AT_RECURSIVE, pathForMessages);

    private static SafeFileHandle CloneMount(SafeFileHandle directory, uint flags, string pathForMessages)
    {
        var fd = open_tree_raw(SYS_open_tree, directory.OrCurrentDirectory(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | flags);
        ErrnoException.ThrowIfFailed(fd, "open_tree", pathForMessages);
        return new SafeFileHandle((nint)fd, ownsHandle: true);
    }

    /// <summary>mount_setattr(2) on a mount that a descriptor stands for.</summary>
    internal static long mount_setattr(SafeFileHandle mount, ref MountAttributes attributes) =>
        mount_setattr_raw(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, ref attributes, 32);

    /// <summary>mount_setattr(2) on a mount that a descriptor stands for, and on all that is mounted below.</summary>
    internal static long mount_setattr_below(SafeFileHandle mount, ref MountAttributes attributes) =>
        mount_setattr_raw(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, ref attributes, 32);

    /// <summary>move_mount(2) of a detached mount to a path.</summary>
    internal static long move_mount(SafeFileHandle mount, string target) =>
        move_mount_raw(SYS_move_mount, mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);

    /// <summary>move_mount(2) of a detached mount to a directory that is open.</summary>
    internal static long move_mount(SafeFileHandle mount, SafeFileHandle target) =>
        move_mount_raw(SYS_move_mount, mount, "", target.OrCurrentDirectory(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
