using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Extended attributes, ACLs among them, of open files: one buffer for all, most files have none.</summary>
/// <param name="sets">Those that the run has met.</param>
internal sealed unsafe class ExtendedAttributes(AttributeSets sets) : IDisposable
{
    /// <summary>The answer for a file whose attributes cannot be read, or which has file capabilities: package managers set those in place.</summary>
    public const ulong Refused = ulong.MaxValue;

    private const int Size = 65536;

    private readonly byte* _list = (byte*)NativeMemory.Alloc(Size);
    private readonly byte* _value = (byte*)NativeMemory.Alloc(Size);
    private readonly List<byte[]> _found = [];

    /// <summary>A number for all of them: equal for files whose names and values are, 0 where there are none.</summary>
    public ulong NumberOf(int fd, out SkipReason reason)
    {
        reason = SkipReason.None;
        _found.Clear();
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

                _found.Add([.. name, 0, .. BitConverter.GetBytes((int)size), .. new ReadOnlySpan<byte>(_value, (int)size)]);
            }

            at += name.Length + 1;
        }

        if (_found.Count == 0)
        {
            return 0;
        }

        // the order in which they are listed is of no meaning
        _found.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        if (sets.NumberOf(_found.SelectMany(f => f).ToArray()) is { } number)
        {
            return number;
        }

        reason = SkipReason.Attributes;
        return Refused;
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
