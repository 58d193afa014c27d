using System.Runtime.InteropServices;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification.Scanning;

/// <summary>Names, each ended by a zero as the kernel wants them, in blocks that never move: no string per file.</summary>
internal sealed unsafe class ByteArena : IDisposable
{
    private const int BlockBits = 20;
    private const int BlockSize = 1 << BlockBits;

    private readonly Lock _gate = new();
    private nint[] _blocks = [];
    private int _count;

    /// <summary>The name at a position, ended by a zero.</summary>
    public byte* this[int position] => (byte*)Volatile.Read(ref _blocks)[position >> BlockBits] + (position & (BlockSize - 1));

    /// <summary>A writer of its own for each thread.</summary>
    public Writer NewWriter() => new(this);

    public void Dispose()
    {
        foreach (var block in _blocks.AsSpan(0, _count))
        {
            NativeMemory.Free((void*)block);
        }

        _blocks = [];
        _count = 0;
    }

    private int AddBlock()
    {
        lock (_gate)
        {
            if (_count == 1 << (31 - BlockBits))
            {
                throw new ProblemException(ProblemCode.Unsupported, "The names in these trees take more than 2 GiB. Unify fewer vservers at a time.");
            }

            if (_count == _blocks.Length)
            {
                // readers keep the array they have: nobody writes into one that is too short
                var longer = new nint[Math.Max(8, _count * 2)];
                _blocks.CopyTo(longer, 0);
                Volatile.Write(ref _blocks, longer);
            }

            _blocks[_count] = (nint)NativeMemory.Alloc(BlockSize);
            return _count++ << BlockBits;
        }
    }

    public sealed class Writer(ByteArena arena)
    {
        private int _next;
        private int _end;

        /// <summary>Keeps a name of at most 255 bytes.</summary>
        /// <returns>Its position.</returns>
        public int Add(ReadOnlySpan<byte> name)
        {
            if (_end - _next < name.Length + 1)
            {
                _next = arena.AddBlock();
                _end = _next + BlockSize - 1;
            }

            var position = _next;
            var to = new Span<byte>(arena[position], name.Length + 1);
            name.CopyTo(to);
            to[^1] = 0;
            _next += name.Length + 1;
            return position;
        }
    }
}
