using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>A vserver that is the copy of another host's is not started: the two would answer for the same addresses, and change apart from each other.</summary>
internal static class StandbyRule
{
    /// <summary>Why it is not to be started; null where it is no copy.</summary>
    public static ProblemException? Refusal(RegistryEntry? entry) => entry is { StandbyOf: { } source, Name: var name }
        ? new ProblemException(
            ProblemCode.NotPermitted,
            $"{name} is the standby copy of the vserver on {source}, and the two must never run at once. If {source} is down and stays off: vserver {name} promote --confirm {name} --fenced")
        : null;

    public static void ThrowIfCopy(RegistryEntry? entry)
    {
        if (Refusal(entry) is { } refusal)
        {
            throw refusal;
        }
    }
}
