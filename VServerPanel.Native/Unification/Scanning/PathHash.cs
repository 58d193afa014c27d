namespace VServerPanel.Native.Unification.Scanning;

/// <summary>A number for a path inside a tree, made component by component. It finds; it never proves: who relies on it compares the paths.</summary>
internal static class PathHash
{
    public const ulong Root = 0x9e3779b97f4a7c15;

    /// <summary>Of an entry in a directory.</summary>
    public static ulong Below(ulong directory, ReadOnlySpan<byte> name)
    {
        var hash = directory ^ (ulong)name.Length;
        foreach (var b in name)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return Mix(hash);
    }

    /// <summary>Of a path without leading slash.</summary>
    public static ulong Of(ReadOnlySpan<byte> path)
    {
        var hash = Root;
        while (path.Length > 0)
        {
            var end = path.IndexOf((byte)'/');
            var name = end < 0 ? path : path[..end];
            path = end < 0 ? [] : path[(end + 1)..];
            if (name.Length > 0)
            {
                hash = Below(hash, name);
            }
        }

        return hash;
    }

    // the finalizer of splitmix64
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
