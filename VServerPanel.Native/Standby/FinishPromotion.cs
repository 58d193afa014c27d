using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Standby.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>Makes a copy the real one. That its source may not write to it comes first, that it can be started last.</summary>
internal sealed record FinishPromotion(VServerName Name, Guid VServerId, string? Profile, DateTimeOffset At) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var registry = new VServerRegistry(paths, TimeProvider.System);
        if (registry.Find(Name) is not { StandbyOf: not null } entry || entry.Id != VServerId)
        {
            return;
        }

        var copies = new KeptCopyStore(paths);
        if (copies.Of(VServerId) is { PromotedAt: null } copy)
        {
            copies.Save(copy with { PromotedAt = At });
        }

        if (Profile is not null)
        {
            ProfileChoice.Make(ConfFile.Read(paths.ConfOf(Name)), Profile, Name).Write(paths.ConfOf(Name));
        }

        FaultPoint.Reach();
        registry.Save(entry with { StandbyOf = null });
    }
}
