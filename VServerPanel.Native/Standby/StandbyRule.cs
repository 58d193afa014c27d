using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>A vserver that is the copy of another host's is not started: the two would answer for the same addresses, and change apart from each other.</summary>
internal static class StandbyRule
{
    /// <summary>Why it is not to be started; null where it is no copy.</summary>
    public static ProblemException? Refusal(HostPaths paths, RegistryEntry? entry) => entry switch
    {
        { StandbyOf: { } source, Name: var name } => new ProblemException(
            ProblemCode.NotPermitted,
            $"{name} is the standby copy of the vserver on {source}, and the two must never run at once. If {source} is down and stays off: vserver {name} promote --confirm {name} --fenced"),
        { Name: var name } when Promoted(paths, entry.Id) is { PromotedAt: { } at, Peer: var peer } => new ProblemException(
            ProblemCode.NotPermitted,
            $"{name} was made the real one on {peer} at {at:u}, and the two must never run at once. 'vserver {name} standby --of {peer}' makes the one here its copy. If it is not the real one there any more, 'vserver {name} standby stop' forgets it, and this one can be started."),
        _ => null,
    };

    public static void ThrowIfCopy(HostPaths paths, RegistryEntry? entry)
    {
        if (Refusal(paths, entry) is { } refusal)
        {
            throw refusal;
        }
    }

    // of one that ran when its host learnt of it; a record that cannot be read must not keep the others off, and the list of copies tells of it
    private static KeptStandby? Promoted(HostPaths paths, Guid id) => new KeptStandbyStore(paths).List(_ => { }).FirstOrDefault(s => s.VServerId == id && s.PromotedAt is not null);
}
