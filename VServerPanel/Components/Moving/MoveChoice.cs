using System.Globalization;
using VServerPanel.Core.Moving;

namespace VServerPanel.Components.Moving;

/// <summary>How vservers are to be moved, as it is written into a form.</summary>
public sealed class MoveChoice
{
    private const double MebiByte = 1024 * 1024;

    /// <summary>MiB a second; empty for no limit.</summary>
    public string Limit { get; set; } = "";

    public bool Checksums { get; set; }

    public int KeepDays { get; set; } = 7;

    public bool Start { get; set; } = true;

    public bool Unify { get; set; }

    /// <summary>What is written wrongly, as a sentence; null where nothing is.</summary>
    public string? Fault => Bandwidth is null && Limit.Trim().Length > 0
        ? "Write the limit as a number of MiB a second, such as 20, or leave it empty for none."
        : For("any").Fault;

    private long? Bandwidth => double.TryParse(Limit.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var limit) && limit < 1e9 ? (long)(limit * MebiByte) : null;

    /// <summary>The request to move to <paramref name="peer"/>.</summary>
    public MoveRequest For(string peer) => new(peer) { Bandwidth = Bandwidth, Checksums = Checksums, KeepDays = KeepDays, Start = Start, Unify = Unify };
}
