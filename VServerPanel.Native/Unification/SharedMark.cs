using System.Buffers.Binary;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;

namespace VServerPanel.Native.Unification;

/// <summary>By what an inode is known as one that the host made to be shared: an attribute that binds it to its number and time of birth, and the flags that protect it.</summary>
/// <remarks>Guests cannot write <c>trusted.*</c> (xattr(7)), and a copy of it on another inode is worth nothing.</remarks>
internal static unsafe class SharedMark
{
    public const string Attribute = "trusted.vserver.shared";

    private const int Length = 22;

    // version, 'h' or 'i' of the method, inode, seconds and nanoseconds of birth
    private const byte Version = 1;

    private static ReadOnlySpan<byte> AttributeBytes => "trusted.vserver.shared\0"u8;

    /// <summary>Marks a new file that no guest has seen yet. The protecting flags come after its content and times.</summary>
    /// <param name="fd">It, opened for reading or writing.</param>
    /// <param name="stat">Of it; number and time of birth count.</param>
    /// <param name="isImmutable">Whether it will be an immutable one, which is frozen only when its last link is made.</param>
    /// <exception cref="ErrnoException">The file system keeps no such attributes or flags.</exception>
    public static void Set(int fd, in Libc.Statx stat, bool isImmutable)
    {
        Span<byte> value = stackalloc byte[Length];
        Compose(value, stat, isImmutable);
        fixed (byte* name = AttributeBytes, from = value)
        {
            ErrnoException.ThrowIfFailed(Libc.fsetxattr(fd, name, from, (nuint)value.Length, 0), $"fsetxattr({Attribute})");
        }

        if (!isImmutable)
        {
            ChangeFlags(fd, Iunlink.Mark, 0);
        }
    }

    /// <summary>Whether an inode is one that we made to be shared by this method, and still has its protection (an immutable one may be thawed for a moment).</summary>
    public static bool IsOn(int fd, in Libc.Statx stat, bool isImmutable)
    {
        Span<byte> expected = stackalloc byte[Length];
        Span<byte> found = stackalloc byte[64];
        Compose(expected, stat, isImmutable);
        nint length;
        fixed (byte* name = AttributeBytes, to = found)
        {
            length = Libc.fgetxattr(fd, name, to, (nuint)found.Length);
        }

        return length == expected.Length && found[..(int)length].SequenceEqual(expected) && (isImmutable || (FlagsOf(fd) & Iunlink.Mark) == Iunlink.Mark);
    }

    /// <summary>Takes mark and flags off a file that has only one name left: it is an ordinary one again.</summary>
    public static void Clear(int fd) => ChangeFlags(fd, 0, Iunlink.Mark | Libc.FS_IMMUTABLE_FL);

    /// <summary>Makes a file immutable, or not.</summary>
    public static void Freeze(int fd, bool isFrozen) => ChangeFlags(fd, isFrozen ? Libc.FS_IMMUTABLE_FL : 0, isFrozen ? 0 : Libc.FS_IMMUTABLE_FL);

    /// <summary>Has an immutable file be none for a moment.</summary>
    /// <returns>Its flags as they are to be again (<see cref="SetFlags"/>): immutable among them.</returns>
    public static int Thaw(int fd) => ChangeFlags(fd, 0, Libc.FS_IMMUTABLE_FL) | Libc.FS_IMMUTABLE_FL;

    /// <summary>Gives a file its flags back.</summary>
    /// <param name="fd">It.</param>
    /// <param name="flags">As <see cref="Thaw"/> told them.</param>
    public static void SetFlags(int fd, int flags) => ErrnoException.ThrowIfFailed(Libc.ioctl(fd, Libc.FS_IOC_SETFLAGS, &flags), "ioctl(FS_IOC_SETFLAGS)");

    public static int FlagsOf(int fd)
    {
        var flags = 0;
        return Libc.ioctl(fd, Libc.FS_IOC_GETFLAGS, &flags) == 0 ? flags : 0;
    }

    /// <returns>Those that it had.</returns>
    private static int ChangeFlags(int fd, int set, int clear)
    {
        var flags = 0;
        ErrnoException.ThrowIfFailed(Libc.ioctl(fd, Libc.FS_IOC_GETFLAGS, &flags), "ioctl(FS_IOC_GETFLAGS)");
        var wanted = (flags | set) & ~clear;
        if (wanted != flags)
        {
            SetFlags(fd, wanted);
        }

        return flags;
    }

    private static void Compose(Span<byte> value, in Libc.Statx stat, bool isImmutable)
    {
        value[0] = Version;
        value[1] = isImmutable ? (byte)'i' : (byte)'h';
        BinaryPrimitives.WriteUInt64LittleEndian(value[2..], stat.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(value[10..], stat.Birth.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(value[18..], stat.Birth.Nanoseconds);
    }
}
