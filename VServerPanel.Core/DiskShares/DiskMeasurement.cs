using VServerPanel.Protocol;

namespace VServerPanel.Core.DiskShares;

/// <summary>What all vservers took on disk at one moment.</summary>
/// <param name="Shares">One for each vserver, by name.</param>
/// <param name="Disk">The disk they lie on.</param>
/// <param name="MeasuredAt">When it was measured.</param>
public sealed record DiskMeasurement(IReadOnlyList<DiskShare> Shares, DiskSummary Disk, DateTimeOffset MeasuredAt)
{
    /// <summary>Allocated bytes of all, as if nothing were shared.</summary>
    public long ApparentBytes => Shares.Sum(s => s.ApparentBytes);

    /// <summary>What they really take together.</summary>
    public long TakenBytes => Math.Max(0, ApparentBytes - Disk.BytesSaved);

    /// <summary>What some take together: their fair shares; null where one of them was not measured.</summary>
    public long? TakenBy(IReadOnlyCollection<VServerName> names)
    {
        var shares = Shares.Where(s => s.VServer is { } name && names.Contains(name)).ToList();
        return shares.Count == names.Count ? shares.Sum(s => s.FairBytes) : null;
    }

    /// <summary>The share of one; null where it was not measured.</summary>
    public DiskShare? Of(VServerName name) => Shares.FirstOrDefault(s => s.VServer == name);
}
