using System.Globalization;
using VServerPanel.Native.Creation.Trees;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>Sparse files: old GNU ('S'), and pax 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files").</summary>
internal sealed partial class TarArchive
{
    private const int MaximumRanges = 1 << 20;

    private FileContent Content(TarHeader header, PaxHeaders pax, long size)
    {
        var realSize = pax.FindNumber("GNU.sparse.realsize") ?? pax.FindNumber("GNU.sparse.size");
        List<DataRange> ranges;
        if (header.Type == 'S')
        {
            ranges = [.. header.Ranges(386, 4)];
            realSize = header.RealSize;
            for (var more = header.IsExtended; more;)
            {
                var block = new byte[TarHeader.BlockSize];
                stream.ReadExactly(block);
                ranges.AddRange(new TarHeader(block).Ranges(0, 21));
                more = block[504] != 0;
                ThrowIfTooMany(ranges.Count);
            }

            _content = new BoundedStream(stream, size);
        }
        else if (pax.FindNumber("GNU.sparse.major") == 1)
        {
            _content = new BoundedStream(stream, size);
            ranges = ReadMap(_content);
        }
        else if (realSize is not null)
        {
            ranges = MapOf(pax);
            _content = new BoundedStream(stream, size);
        }
        else
        {
            _content = new BoundedStream(stream, size);
            return new FileContent(_content, size, size == 0 ? [] : [new DataRange(0, size)]);
        }

        Check(ranges, realSize ?? throw TreeWriter.Damaged("a sparse file has no size"), _content.Remaining);
        return new FileContent(_content, realSize.Value, ranges);
    }

    private static void Check(List<DataRange> ranges, long realSize, long stored)
    {
        long end = 0, data = 0;
        foreach (var range in ranges)
        {
            if (range.Offset < end || range.Length < 0 || range.Offset > realSize - range.Length)
            {
                throw TreeWriter.Damaged("the parts of a sparse file overlap");
            }

            end = range.Offset + range.Length;
            data += range.Length;
        }

        if (realSize < 0 || data > stored)
        {
            throw TreeWriter.Damaged("a sparse file has more parts than data");
        }
    }

    // 1.0: the map stands before the data, as decimal lines, padded to a block
    private static List<DataRange> ReadMap(BoundedStream content)
    {
        var read = 0L;
        var count = ReadNumber();
        ThrowIfTooMany(count);
        var ranges = new List<DataRange>();
        for (var i = 0; i < count; i++)
        {
            var offset = ReadNumber();
            var length = ReadNumber();
            if (length > 0)
            {
                ranges.Add(new DataRange(offset, length));
            }
        }

        var padding = (TarHeader.BlockSize - (read % TarHeader.BlockSize)) % TarHeader.BlockSize;
        content.ReadExactly(new byte[padding]);
        return ranges;

        long ReadNumber()
        {
            long number = 0;
            for (var digits = 0; ; digits++, read++)
            {
                var c = content.ReadByte();
                if (c == '\n' && digits > 0)
                {
                    read++;
                    return number;
                }

                if (c is < '0' or > '9' || digits > 18)
                {
                    throw TreeWriter.Damaged("the map of a sparse file is no map");
                }

                number = (number * 10) + (c - '0');
            }
        }
    }

    // 0.1: GNU.sparse.map=offset,length,…; 0.0: GNU.sparse.offset and .numbytes, again and again
    private static List<DataRange> MapOf(PaxHeaders pax)
    {
        var numbers = pax.FindText("GNU.sparse.map") is { } map
            ? map.Split(',', StringSplitOptions.RemoveEmptyEntries)
            : [.. pax.Records.Where(r => r.Key is "GNU.sparse.offset" or "GNU.sparse.numbytes").Select(r => TarHeader.TextOf(r.Value))];
        var ranges = new List<DataRange>();
        for (var i = 0; i + 1 < numbers.Length; i += 2)
        {
            if (!long.TryParse(numbers[i], CultureInfo.InvariantCulture, out var offset) || !long.TryParse(numbers[i + 1], CultureInfo.InvariantCulture, out var length))
            {
                throw TreeWriter.Damaged("the map of a sparse file is no map");
            }

            if (length != 0)
            {
                ranges.Add(new DataRange(offset, length));
            }
        }

        return ranges;
    }

    private static void ThrowIfTooMany(long ranges)
    {
        if (ranges > MaximumRanges)
        {
            throw TreeWriter.Damaged("a sparse file has more parts than any has");
        }
    }
}
