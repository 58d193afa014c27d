using VServerPanel.Native.Creation.Trees;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>Reads a tar archive from a stream, entry by entry: ustar, pax (names, ids, times, extended attributes, ACLs) and GNU (long names, sparse files).</summary>
/// <remarks>Not System.Formats.Tar: it takes names and attributes for text, which loses capabilities and names that are not UTF-8, and reads no sparse files.</remarks>
internal sealed partial class TarArchive(Stream stream) : IDisposable
{
    // names and attributes; a header that wants more wants our memory
    private const long MaximumHeaderSize = 1 << 20;

    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private PaxHeaders _global = new();
    private BoundedStream? _content;

    /// <summary>ACLs that could not be kept, as they name their users.</summary>
    public int LostAcls { get; private set; }

    /// <summary>The next entry, or null at the end. The content of the one before can no longer be read.</summary>
    /// <exception cref="Operations.ProblemException">InvalidArgument: it is damaged.</exception>
    public TarEntry? Next()
    {
        _content?.Skip();
        _content = null;
        PaxHeaders pax = new();
        string? longName = null, longLink = null;
        while (true)
        {
            if (!ReadBlock())
            {
                return longName is null && longLink is null && pax.Records.Count == 0 ? null : throw TreeWriter.Damaged("it ends after a header");
            }

            var header = new TarHeader([.. _block]);
            if (header.IsEmpty)
            {
                return null;
            }

            if (!header.IsValid)
            {
                throw TreeWriter.Damaged("a header's checksum is wrong");
            }

            switch (header.Type)
            {
                case 'x' or 'X':
                    pax = PaxHeaders.Parse(ReadSmall(header.Size));
                    break;
                case 'g':
                    _global = PaxHeaders.Parse(ReadSmall(header.Size));
                    break;
                case 'L':
                    longName = TarHeader.TextOf(ReadSmall(header.Size));
                    break;
                case 'K':
                    longLink = TarHeader.TextOf(ReadSmall(header.Size));
                    break;
                case 'V' or 'M' or 'N' or 'A' or 'I':
                    // a volume label, an Archive's comment: nothing that a tree has
                    new BoundedStream(stream, header.Size).Skip();
                    break;
                default:
                    return Entry(header, pax, longName, longLink);
            }
        }
    }

    public void Dispose() => _content?.Dispose();

    private TarEntry Entry(TarHeader header, PaxHeaders pax, string? longName, string? longLink)
    {
        var name = pax.FindText("GNU.sparse.name") ?? pax.FindText("path") ?? longName ?? header.Name;
        var link = pax.FindText("linkpath") ?? longLink ?? header.LinkName;
        var type = header.Type switch
        {
            '1' => TarEntryType.HardLink,
            '2' => TarEntryType.Symlink,
            '3' or '4' => TarEntryType.Device,
            '5' => TarEntryType.Directory,
            '6' => TarEntryType.Fifo,
            // a directory of writers older than POSIX
            '0' when name.EndsWith('/') => TarEntryType.Directory,
            _ => TarEntryType.File,
        };

        var size = pax.FindNumber("size") ?? header.Size;
        if (size < 0)
        {
            throw TreeWriter.Damaged($"'{name}' has a negative size");
        }

        FileContent? content = null;
        if (type == TarEntryType.File)
        {
            content = Content(header, pax, size);
        }
        else if (type != TarEntryType.HardLink || size > 0)
        {
            // pax lets a hard link carry its content again; links, directories and nodes have none
            _content = new BoundedStream(stream, type == TarEntryType.HardLink ? size : 0);
        }

        return new TarEntry(type, name, link, Metadata(header, pax), content);
    }

    private EntryMetadata Metadata(TarHeader header, PaxHeaders pax)
    {
        var (seconds, nanoseconds) = pax.FindTime("mtime") ?? _global.FindTime("mtime") ?? (header.Seconds, 0);
        var attributes = new List<KeyValuePair<string, byte[]>>();
        foreach (var (key, value) in pax.Records)
        {
            if (key.StartsWith(PaxHeaders.AttributePrefix, StringComparison.Ordinal) && key[PaxHeaders.AttributePrefix.Length..] is var attribute && EntryMetadata.IsKept(attribute))
            {
                attributes.Add(new(attribute, value));
            }
            else if (key is "SCHILY.acl.access" or "SCHILY.acl.default")
            {
                if (PosixAcl.Encode(TarHeader.TextOf(value)) is { } acl)
                {
                    attributes.Add(new(key == "SCHILY.acl.access" ? "system.posix_acl_access" : "system.posix_acl_default", acl));
                }
                else
                {
                    LostAcls++;
                }
            }
        }

        return new EntryMetadata(header.Mode, Id(pax.FindNumber("uid") ?? header.Uid), Id(pax.FindNumber("gid") ?? header.Gid), seconds, nanoseconds, attributes);
    }

    // a vserver has the ids 0 to 65535; another owner would be nobody in there, so that is what he is on the disk
    private static uint Id(long id) => id is >= 0 and < Registry.VServerRegistry.RangeSize ? (uint)id : 65534;

    private byte[] ReadSmall(long size)
    {
        if (size is < 0 or > MaximumHeaderSize)
        {
            throw TreeWriter.Damaged("a header is larger than a name or attribute can be");
        }

        var bytes = new byte[size];
        var content = new BoundedStream(stream, size);
        content.ReadExactly(bytes);
        content.Skip();
        return bytes;
    }

    private bool ReadBlock()
    {
        var read = stream.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        return read == _block.Length || (read == 0 ? false : throw TreeWriter.Damaged("it is cut off"));
    }
}
