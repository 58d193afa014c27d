namespace VServerPanel.Native.Unification.Scanning;

/// <summary>A table of structs that grows by chunks, so that nothing is ever copied; each thread fills chunks of its own.</summary>
internal sealed class ChunkedTable<T>
    where T : struct
{
    public const int ChunkBits = 12;
    public const int ChunkSize = 1 << ChunkBits;

    private readonly Lock _gate = new();
    private T[][] _chunks = [];
    private int[] _used = [];
    private int _count;

    public ref T this[int index] => ref Volatile.Read(ref _chunks)[index >> ChunkBits][index & (ChunkSize - 1)];

    /// <summary>Chunks with what they hold; only when nobody adds any more.</summary>
    public int ChunkCount => _count;

    /// <summary>How many rows there are; only when nobody adds any more.</summary>
    public int Count => _used.AsSpan(0, _count).ToArray().Sum();

    public int UsedOf(int chunk) => _used[chunk];

    /// <summary>Indices of all rows, ascending; only when nobody adds any more.</summary>
    public IEnumerable<int> Indices => Enumerable.Range(0, _count).SelectMany(c => Enumerable.Range(c << ChunkBits, _used[c]));

    public Writer NewWriter() => new(this);

    private int AddChunk()
    {
        lock (_gate)
        {
            if (_count == _chunks.Length)
            {
                var chunks = new T[Math.Max(16, _count * 2)][];
                _chunks.CopyTo(chunks, 0);
                var used = new int[chunks.Length];
                _used.CopyTo(used, 0);
                Volatile.Write(ref _used, used);
                Volatile.Write(ref _chunks, chunks);
            }

            _chunks[_count] = new T[ChunkSize];
            return _count++;
        }
    }

    private void SetUsed(int chunk, int used)
    {
        lock (_gate)
        {
            _used[chunk] = used;
        }
    }

    public sealed class Writer(ChunkedTable<T> table)
    {
        private int _chunk = -1;
        private int _used = ChunkSize;

        /// <summary>Adds a row.</summary>
        /// <returns>Its index.</returns>
        public int Add(in T row)
        {
            if (_used == ChunkSize)
            {
                Close();
                _chunk = table.AddChunk();
                _used = 0;
            }

            var index = (_chunk << ChunkBits) + _used++;
            table[index] = row;
            return index;
        }

        /// <summary>Tells the table how many rows the last chunk has.</summary>
        public void Close()
        {
            if (_chunk >= 0)
            {
                table.SetUsed(_chunk, _used);
            }
        }
    }
}
