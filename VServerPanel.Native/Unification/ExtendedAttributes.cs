using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Extended attributes, ACLs among them, of open files: one buffer for all, most files have none.</summary>
internal sealed unsafe class ExtendedAttributes : IDisposable
{
    /// <summary>The answer for a file whose attributes cannot be read, or which has file capabilities: package managers set those in place.</summary>
    public const ulong Refused = ulong.MaxValue;

    private const int Size = 65536;

    private readonly byte* _list = (byte*)NativeMemory.Alloc(Size);
    private readonly byte* _value = (byte*)NativeMemory.Alloc(Size);

    /// <summary>A number for all of them; 0 where there are none. It is keyed by a number that no guest knows.</summary>
    public ulong HashOf(int fd, out SkipReason reason)
    {
        reason = SkipReason.None;
        var sum = 0ul;
        var length = Libc.flistxattr(fd, _list, Size);
        if (length < 0 && Marshal.GetLastPInvokeError() != ErrnoNames.EOPNOTSUPP)
        {
            reason = SkipReason.Unreadable;
            return Refused;
        }

        for (var at = 0; at < length;)
        {
            var name = new ReadOnlySpan<byte>(_list + at, (int)length - at);
            name = name[..name.IndexOf((byte)0)];
            if (name.SequenceEqual("security.capability"u8))
            {
                reason = SkipReason.SetId;
                return Refused;
            }

            if (!IsOurs(name))
            {
                var size = Libc.fgetxattr(fd, _list + at, _value, Size);
                if (size < 0)
                {
                    reason = SkipReason.Unreadable;
                    return Refused;
                }

                // a sum: the order in which they are listed is of no meaning
                sum += BlockHash.Of(new ReadOnlySpan<byte>(_value, (int)size), BlockHash.Of(name, 0));
            }

            at += name.Length + 1;
        }

        return sum == Refused ? 0 : sum;
    }

    /// <summary>Gives a file those of another.</summary>
    public void Copy(int from, int to)
    {
        var length = Libc.flistxattr(from, _list, Size);
        for (var at = 0; at < length;)
        {
            var name = new ReadOnlySpan<byte>(_list + at, (int)length - at);
            name = name[..name.IndexOf((byte)0)];
            if (!IsOurs(name))
            {
                var size = Libc.fgetxattr(from, _list + at, _value, Size);
                ErrnoException.ThrowIfFailed(size, "fgetxattr");
                ErrnoException.ThrowIfFailed(Libc.fsetxattr(to, _list + at, _value, (nuint)size, 0), "fsetxattr");
            }

            at += name.Length + 1;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_list);
        NativeMemory.Free(_value);
    }

    private static bool IsOurs(ReadOnlySpan<byte> name) => name.SequenceEqual("trusted.vserver.shared"u8);
}
