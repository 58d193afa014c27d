using System.Runtime.InteropServices;

namespace VServerPanel.Native.Unification;

/// <summary>A fast number for a block, keyed for each run so that no guest can make blocks that collide. It parts files that differ; equality is always compared.</summary>
internal static class BlockHash
{
    private static readonly ulong s_key = MakeKey();

    /// <summary>A number of this run that no guest knows.</summary>
    public static ulong Key => s_key;

    public static ulong Of(ReadOnlySpan<byte> block, ulong seed)
    {
        var (a, b) = (s_key ^ seed, s_key + 0x9e3779b97f4a7c15);
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        var i = 0;
        for (; i + 1 < words.Length; i += 2)
        {
            a = Fold(words[i] ^ a, words[i + 1] ^ s_key);
            b += a;
        }

        if (i < words.Length)
        {
            a = Fold(words[i] ^ a, b ^ s_key);
        }

        foreach (var rest in block[(words.Length * 8)..])
        {
            a = Fold(a ^ rest, s_key | 1);
        }

        return Fold(a ^ (ulong)block.Length, b ^ 0xe7037ed1a0b428db);
    }

    private static ulong Fold(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return high ^ low;
    }

    private static ulong MakeKey()
    {
        // the kernel's random numbers by a file: the framework's own would load OpenSSL
        Span<byte> key = stackalloc byte[8];
        using var random = File.OpenHandle("/dev/urandom");
        RandomAccess.Read(random, key, 0);
        return MemoryMarshal.Read<ulong>(key) | 1;
    }
}
