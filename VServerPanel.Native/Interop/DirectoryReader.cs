using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>An entry of a directory, without '.' and '..'.</summary>
/// <param name="Name">The name, as <see cref="PathMarshaller"/> has it.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Type">d_type: DT_DIR 4, DT_REG 8, DT_LNK 10, DT_UNKNOWN 0 …</param>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type)
{
    public bool IsDirectory => Type == 4;
}

/// <summary>getdents64(2): reads an open directory.</summary>

internal static class DirectoryReader
{
    /// <summary>All entries, read before any is returned, so that they can be removed on the way.</summary>
    /// <param name="directory">Open.</param>
    /// <param name="most">Reading ends when there are more.</param>
    public static unsafe List<DirectoryEntry> Read(SafeFileHandle directory, int most = int.MaxValue)
    {
        var entries = new List<DirectoryEntry>();
        var buffer = new byte[1 << 16];
        while (true)
        {
            long read;
            fixed (byte* start = buffer)
            {
                read = Libc.syscall(Libc.SYS_getdents64, (int)directory.DangerousGetHandle(), (nint)start, buffer.Length, 0, 0, 0);
            }

            ErrnoException.ThrowIfFailed(read, "getdents64");
            if (read == 0 || entries.Count > most)
            {
                return entries;
            }

            Parse(buffer.AsSpan(0, (int)read), entries);
        }
    }

    /// <summary>struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }</summary>
    private static void Parse(ReadOnlySpan<byte> records, List<DirectoryEntry> into)
    {
        while (records.Length > 19)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
            var name = records[19..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                into.Add(new DirectoryEntry(PathMarshaller.Decode(name), BinaryPrimitives.ReadUInt64LittleEndian(records), records[18]));
            }

            records = records[length..];
        }
    }
}
