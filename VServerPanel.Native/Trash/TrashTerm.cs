using System.Globalization;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>How long a deleted vserver can be restored.</summary>
/// <param name="Days">Null: not at all, it is deleted for good.</param>
internal sealed record TrashTerm(int? Days)
{
    public const int MostDays = 3650;
    private const int DefaultDays = 7;

    public static TrashTerm Now { get; } = new((int?)null);

    /// <summary>This host's: TRASH_DAYS of newvserver.defaults, 0 for none; else a week.</summary>
    /// <exception cref="ProblemException">InvalidConfiguration.</exception>
    public static TrashTerm OfHost(HostPaths paths)
    {
        if (BuildDefaults.Read(paths).TrashDays is not { } text)
        {
            return new TrashTerm(DefaultDays);
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= MostDays
            ? days == 0 ? Now : new TrashTerm(days)
            : throw new ProblemException(ProblemCode.InvalidConfiguration, $"TRASH_DAYS in '{BuildDefaults.PathOf(paths)}' is '{text}'. Write a number of days up to {MostDays}; 0: what is deleted is gone at once.");
    }
}
