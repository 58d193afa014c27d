namespace VServerPanel.Core.Moving;

/// <summary>Deals vservers out to several hosts.</summary>
public static class MoveSpread
{
    // for one that was never measured
    private const long Typical = 1L << 30;

    /// <summary>Each goes to the host that has most room left when its turn comes. Pure.</summary>
    /// <param name="sizes">Bytes of each, in their order; null where not known.</param>
    /// <param name="free">Free bytes of the hosts; at least one.</param>
    /// <returns>For each the number of its host.</returns>
    public static IReadOnlyList<int> Deal(IReadOnlyList<long?> sizes, IReadOnlyList<long> free)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(free);
        var known = sizes.OfType<long>().ToList();
        var left = free.ToArray();
        var typical = known.Count > 0 ? Math.Max(1, (long)known.Average()) : Typical;
        return [.. sizes.Select(size =>
        {
            var most = Array.IndexOf(left, left.Max());
            left[most] -= size ?? typical;
            return most;
        })];
    }
}
