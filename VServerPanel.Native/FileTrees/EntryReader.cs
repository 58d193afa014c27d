using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>Reads directories by getdents64(2) into one buffer, again and again: names stay the kernel's bytes.</summary>
internal sealed unsafe class EntryReader : IDisposable
{
    public const byte Directory = 4;
    public const byte Regular = 8;
    public const byte Unknown = 0;

    private const int Size = 1 << 16;

    // struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
    private const int LengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;

    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(Size);
    private int _length;
    private int _at;

    /// <summary>The entry's name, zero-ended; good until the next.</summary>
    public byte* Name { get; private set; }

    public ulong Inode { get; private set; }

    /// <summary>d_type, which a file system may leave out (<see cref="Unknown"/>).</summary>
    public byte Type { get; private set; }

    /// <summary>Begins a directory; one that another directory was not read to its end for is left.</summary>
    public void Begin() => _length = _at = 0;

    /// <summary>Goes to the next entry of the directory that is open there; '.' and '..' are left out.</summary>
    public bool Next(int directory)
    {
        while (true)
        {
            if (_at >= _length)
            {
                var read = Libc.syscall(Libc.SYS_getdents64, directory, (nint)_buffer, Size, 0, 0, 0);

                // ENOENT: it was removed while it was open
                if (read == 0 || (read < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.ENOENT))
                {
                    return false;
                }

                ErrnoException.ThrowIfFailed(read, "getdents64");
                (_length, _at) = ((int)read, 0);
            }

            var record = _buffer + _at;
            _at += *(ushort*)(record + LengthAt);
            Name = record + NameAt;
            Inode = *(ulong*)record;
            Type = record[TypeAt];
            if (Name[0] != '.' || (Name[1] != 0 && (Name[1] != '.' || Name[2] != 0)))
            {
                return true;
            }
        }
    }

    /// <summary>The name as text.</summary>
    public string Text => Libc.Text(Name);

    /// <summary>A copy of the name, zero-ended.</summary>
    public byte[] CopyName() => [.. MemoryMarshal.CreateReadOnlySpanFromNullTerminated(Name), 0];

    public void Dispose() => NativeMemory.Free(_buffer);
}
