using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>What the kernel gives a new file by itself, so that only the rest is set: most files of a system are root's, and nobody's to write but its.</summary>
internal sealed unsafe class NewFileRules
{
    private const uint SpecialBits = 0xe00;
    private const int ListSize = 4096;

    private readonly uint _umask;
    private bool _isRoots;

    private NewFileRules(uint umask) => _umask = umask;

    // proc(5): umask(2) itself would change it for all threads
    public static NewFileRules Read() => new(Convert.ToUInt32(File.ReadLines("/proc/self/status").First(l => l.StartsWith("Umask:", StringComparison.Ordinal))[6..].Trim(), 8));

    /// <summary>A new file's group may be its directory's (set-gid, or mount option grpid): all are made below one that is root's, then.</summary>
    public void LearnFrom(in Libc.Statx top) => _isRoots = top.Gid == 0 && Libc.geteuid() == 0;

    /// <summary>The mode to make a file with that is to get this one in the end.</summary>
    public uint ModeToMake(uint mode) => IsMade(mode) ? mode & 0xfff : 0b110_000_000;

    /// <summary>Whether it is this one's owner and group that it was made with.</summary>
    public bool IsOwnerGiven(in Libc.Statx stat) => _isRoots && stat.Uid == 0 && stat.Gid == 0;

    /// <summary>Gives a file that was made with <see cref="ModeToMake"/> all that the source's has. The owner first: chown(2) clears set-id bits and capabilities.</summary>
    public void ApplyToFile(int source, int target, in Libc.Statx stat, string name)
    {
        ApplyOwner(target, stat, name);
        if (!IsMade(stat.Mode))
        {
            ErrnoException.ThrowIfFailed(Libc.fchmod(target, stat.Mode & 0xfffu), "fchmod", name);
        }

        CopyAttributes(source, target, name);
        ApplyTimes(target, stat, name);
    }

    public void ApplyToDirectory(int source, int target, in Libc.Statx stat, string path)
    {
        ApplyOwner(target, stat, path);
        ErrnoException.ThrowIfFailed(Libc.fchmod(target, stat.Mode & 0xfffu), "fchmod", path);
        CopyAttributes(source, target, path);
        ApplyTimes(target, stat, path);
    }

    private bool IsMade(uint mode) => (mode & (_umask | SpecialBits)) == 0;

    private void ApplyOwner(int target, in Libc.Statx stat, string name)
    {
        if (!IsOwnerGiven(stat))
        {
            ErrnoException.ThrowIfFailed(Libc.fchown(target, stat.Uid, stat.Gid), "fchown", name);
        }
    }

    private static void ApplyTimes(int target, in Libc.Statx stat, string name)
    {
        var times = stackalloc Libc.Timespec[2];
        times[0] = times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
        ErrnoException.ThrowIfFailed(Libc.futimens(target, times), "futimens", name);
    }

    private static void CopyAttributes(int source, int target, string name)
    {
        var room = stackalloc byte[ListSize];
        var size = Libc.flistxattr(source, room, ListSize);
        if (size == 0)
        {
            return;
        }

        byte[]? larger = null;
        if (size < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno == ErrnoNames.EOPNOTSUPP)
            {
                return;
            }

            // xattr(7): a list has 64 KiB at most
            larger = errno == ErrnoNames.ERANGE ? new byte[1 << 16] : throw new ErrnoException(errno, "flistxattr", name);
        }

        fixed (byte* all = larger)
        {
            if (all is not null)
            {
                size = Libc.flistxattr(source, all, 1 << 16);
                ErrnoException.ThrowIfFailed(size, "flistxattr", name);
            }

            var list = all is null ? room : all;
            for (var at = list; at < list + size;)
            {
                var attribute = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at);
                if (EntryMetadata.IsKept(Encoding.UTF8.GetString(attribute)))
                {
                    CopyAttribute(source, target, at, name);
                }

                at += attribute.Length + 1;
            }
        }
    }

    private static void CopyAttribute(int source, int target, byte* attribute, string name)
    {
        var value = new byte[1 << 16];
        fixed (byte* bytes = value)
        {
            var size = Libc.fgetxattr(source, attribute, bytes, (nuint)value.Length);
            if (size < 0)
            {
                ErrnoException.ThrowIfFailed(Marshal.GetLastPInvokeError() == ErrnoNames.ENODATA ? 0 : -1, "fgetxattr", name);
                return;
            }

            // a file system without them is said by vserver-info
            if (Libc.fsetxattr(target, attribute, bytes, (nuint)size, 0) != 0 && Marshal.GetLastPInvokeError() is not ErrnoNames.EOPNOTSUPP and var errno)
            {
                throw new ErrnoException(errno, string.Create(CultureInfo.InvariantCulture, $"fsetxattr({Libc.Text(attribute)})"), name);
            }
        }
    }
}
