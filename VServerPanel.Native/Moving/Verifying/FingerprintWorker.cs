using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Verifying;

/// <summary>A directory that waits to be read.</summary>
/// <param name="Parent">Where it is; the one who reads it releases that.</param>
/// <param name="Name">In there, zero-ended.</param>
/// <param name="Path">SHA-256 of its parent's, a slash and its name.</param>
/// <param name="PathLength">Bytes of its path.</param>
internal readonly record struct FoundDirectory(OpenDirectory Parent, byte[] Name, byte[] Path, int PathLength);

/// <summary>A name of an inode that has more than one.</summary>
/// <param name="Device">Of the inode.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Name">The first half of a SHA-256 of the path.</param>
/// <param name="Size">In bytes; 0 where it is no regular file.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LinkedEntry(ulong Device, ulong Inode, UInt128 Name, long Size)
{
    public bool IsSameInode(in LinkedEntry other) => Inode == other.Inode && Device == other.Device;

    /// <summary>Those of an inode stand together, in the order of their names.</summary>
    public static int Compare(LinkedEntry one, LinkedEntry other) => (one.Device, one.Inode, one.Name).CompareTo((other.Device, other.Inode, other.Name));
}

/// <summary>One thread's part of a <see cref="TreeFingerprint"/>.</summary>
internal sealed unsafe class FingerprintWorker(WorkStack<FoundDirectory> work, FileContents? contents, CancellationToken cancel) : IDisposable
{
    // what rsync can reach: open(2), ENAMETOOLONG
    private const int LongestPath = 4096;

    // mode, owner and group, time of change, device numbers; then size, target, attributes and content, as they are there
    private const int FixedPart = 40;

    // what one entry's attributes and one directory's names needed is not kept for all that follow
    private const int LargestRecordKept = 1 << 18;
    private const int LargestNamesKept = 1 << 24;

    private readonly EntryReader _reader = new();
    private readonly EntryAttributes _attributes = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<(int Start, int NameLength, int End)> _entries = [];
    private byte[] _record = new byte[1 << 12];
    private byte[] _names = new byte[1 << 12];
    private int _used;
    private int _namesUsed;

    /// <summary>Digests of the directories that were read here, with all in them but what lies deeper, and of their paths.</summary>
    public List<(byte[] Path, byte[] Digest)> Directories { get; } = [];

    /// <summary>Names of inodes that have more than one.</summary>
    public List<LinkedEntry> Links { get; } = [];

    /// <summary>Names that were met.</summary>
    public long Entries { get; private set; }

    /// <summary>Sizes of files with one name.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads a directory: it and what is in it are described, directories in it pushed.</summary>
    public void Read(FoundDirectory found)
    {
        cancel.ThrowIfCancellationRequested();
        var directory = Open(found);
        try
        {
            _entries.Clear();
            _namesUsed = 0;
            _attributes.Enter(directory.Fd);
            fixed (byte* self = "."u8)
            {
                Describe(directory.Fd, self, found.Path);
            }

            _reader.Begin();
            while (_reader.Next(directory.Fd))
            {
                Entries++;
                if (!IsDirectory(directory.Fd))
                {
                    Describe(directory.Fd, _reader.Name, found.Path);
                    continue;
                }

                var name = _reader.CopyName();
                var length = found.PathLength + name.Length;
                if (length > LongestPath)
                {
                    throw new ProblemException(ProblemCode.Unsupported, "A path in the tree is longer than any program can name.");
                }

                work.Push(new FoundDirectory(directory.Use(), name, Below(found.Path, name.AsSpan()[..^1]), length));
            }

            Directories.Add((found.Path, Digest()));
        }
        finally
        {
            directory.Release();
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _attributes.Dispose();
        _hash.Dispose();
    }

    private static OpenDirectory Open(in FoundDirectory found) =>
        found.Parent.LeaveFor(found.Name, out var errno) ?? throw new ErrnoException(errno, "openat", PathMarshaller.Decode(found.Name.AsSpan()[..^1]));

    private bool IsDirectory(int directory) =>
        _reader.Type == EntryReader.Directory || (_reader.Type == EntryReader.Unknown && (Stat(directory, _reader.Name).Mode & Libc.S_IFMT) == Libc.S_IFDIR);

    private static Libc.Statx Stat(int directory, byte* name) =>
        Libc.TryStatx(directory, name, out var stat) ? stat : throw new ErrnoException(ErrnoNames.ENOENT, "statx", Libc.Text(name));

    private void Describe(int directory, byte* name, ReadOnlySpan<byte> path)
    {
        var stat = Stat(directory, name);
        var type = stat.Mode & Libc.S_IFMT;
        var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
        _used = 0;
        var part = Room(FixedPart);
        BinaryPrimitives.WriteUInt32LittleEndian(part, stat.Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(part[4..], stat.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(part[8..], stat.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(part[12..], stat.Modify.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(part[20..], stat.Modify.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(part[24..], stat.RdevMajor);
        BinaryPrimitives.WriteUInt32LittleEndian(part[28..], stat.RdevMinor);
        BinaryPrimitives.WriteInt64LittleEndian(part[32..], type == Libc.S_IFREG ? (long)stat.Size : 0);
        _used += FixedPart;
        if (type == Libc.S_IFLNK)
        {
            AppendTarget(directory, name);
        }

        AppendAttributes(name);
        if (type == Libc.S_IFREG && contents is not null)
        {
            Append(contents.DigestOf(directory, name, stat, cancel));
        }

        if (type != Libc.S_IFDIR && stat.LinkCount > 1)
        {
            Links.Add(new LinkedEntry(((ulong)stat.DevMajor << 32) | stat.DevMinor, stat.Inode, BinaryPrimitives.ReadUInt128LittleEndian(Below(path, text)), type == Libc.S_IFREG ? (long)stat.Size : 0));
        }
        else if (type == Libc.S_IFREG)
        {
            Bytes += (long)stat.Size;
        }

        Keep(text);
    }

    /// <summary>Keeps the name, and the digest of what was described: an entry's attributes may be large.</summary>
    private void Keep(ReadOnlySpan<byte> name)
    {
        var needed = _namesUsed + name.Length + SHA256.HashSizeInBytes;
        if (needed > _names.Length)
        {
            Array.Resize(ref _names, Math.Max(needed, (int)Math.Min(Array.MaxLength, _names.Length * 2L)));
        }

        name.CopyTo(_names.AsSpan(_namesUsed));
        _hash.AppendData(_record, 0, _used);
        _hash.GetHashAndReset(_names.AsSpan(_namesUsed + name.Length));
        _entries.Add((_namesUsed, name.Length, needed));
        _namesUsed = needed;
        if (_record.Length > LargestRecordKept)
        {
            _record = new byte[1 << 12];
        }
    }

    private void AppendTarget(int directory, byte* name)
    {
        var room = Room(LongestPath + 1);
        fixed (byte* to = room)
        {
            var length = Libc.readlinkat(directory, name, to, LongestPath);
            ErrnoException.ThrowIfFailed(length, "readlinkat", Libc.Text(name));
            to[length] = 0;
            _used += (int)length + 1;
        }
    }

    private void AppendAttributes(byte* name)
    {
        Span<byte> length = stackalloc byte[4];
        _attributes.List(name);
        for (var i = 0; i < _attributes.Count; i++)
        {
            // marks of files that a host shares bind to its own inodes, and are not copied
            if (_attributes[i].StartsWith("trusted."u8) || !_attributes.TryRead(i, out var value))
            {
                continue;
            }

            Append(_attributes[i]);
            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            Append([0]);
            Append(length);
            Append(value);
        }
    }

    /// <summary>Over all that was described, in the order of the names.</summary>
    private byte[] Digest()
    {
        var records = _names;
        CollectionsMarshal.AsSpan(_entries).Sort((a, b) => records.AsSpan(a.Start, a.NameLength).SequenceCompareTo(records.AsSpan(b.Start, b.NameLength)));
        Span<byte> length = stackalloc byte[4];
        foreach (var (start, _, end) in _entries)
        {
            // each with its length, so that no two lists of records are the same bytes
            BinaryPrimitives.WriteInt32LittleEndian(length, end - start);
            _hash.AppendData(length);
            _hash.AppendData(records, start, end - start);
        }

        var digest = _hash.GetHashAndReset();
        if (_names.Length > LargestNamesKept)
        {
            _names = new byte[1 << 12];
        }

        return digest;
    }

    /// <summary>The digest of a path: that of the directory that it is in, a slash and its name.</summary>
    private byte[] Below(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        _hash.AppendData(directory);
        _hash.AppendData("/"u8);
        _hash.AppendData(name);
        return _hash.GetHashAndReset();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _used += bytes.Length;
    }

    private Span<byte> Room(int length)
    {
        if (_used + length > _record.Length)
        {
            Array.Resize(ref _record, Math.Max(_used + length, (int)Math.Min(Array.MaxLength, _record.Length * 2L)));
        }

        return _record.AsSpan(_used, length);
    }
}
