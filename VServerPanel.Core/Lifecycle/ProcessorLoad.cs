using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>How many processors a vserver keeps busy, from the processor time it has used so far.</summary>
internal static class ProcessorLoad
{
    /// <summary>A vserver of which nothing was told for this long is idle.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    // two reports closer together than this say little of what lies between them
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(500);

    /// <summary>Null where the two reports do not tell.</summary>
    public static double? Between(VServerStatus? before, DateTimeOffset beforeAt, VServerStatus now, DateTimeOffset nowAt)
    {
        if (now.State is not VServerState.Running || before is not { State: VServerState.Running } || before.Id != now.Id || before.StartedAt != now.StartedAt || nowAt - beforeAt < s_least)
        {
            return null;
        }

        var used = now.UserSeconds + now.SystemSeconds - before.UserSeconds - before.SystemSeconds;
        return Math.Max(0, used / (nowAt - beforeAt).TotalSeconds);
    }
}
