using System.Collections.Concurrent;

namespace VServerPanel.Native.Unification;

/// <summary>Numbers for the sets of extended attributes that a run meets: equal sets have one number, and no others have it. Compared in full, since what differs would be lost.</summary>
internal sealed class AttributeSets
{
    // a guest may make as many different sets as it likes
    private const long MostBytes = 64 << 20;

    private readonly ConcurrentDictionary<Set, ulong> _numbers = new();
    private long _bytes;
    private long _last;

    /// <summary>The number of a set, by its canonical form; 0 for the empty one, null where there are too many of them to be told apart.</summary>
    public ulong? NumberOf(ReadOnlySpan<byte> canonical)
    {
        if (canonical.IsEmpty)
        {
            return 0;
        }

        var set = new Set(canonical.ToArray());
        return _numbers.TryGetValue(set, out var number) ? number
            : Interlocked.Add(ref _bytes, canonical.Length) <= MostBytes ? _numbers.GetOrAdd(set, _ => (ulong)Interlocked.Increment(ref _last))
            : null;
    }

    private readonly struct Set(byte[] content) : IEquatable<Set>
    {
        private readonly byte[] _content = content;

        public bool Equals(Set other) => _content.AsSpan().SequenceEqual(other._content);

        public override bool Equals(object? obj) => obj is Set other && Equals(other);

        public override int GetHashCode() => BlockHash.Of(_content, 0).GetHashCode();
    }
}
