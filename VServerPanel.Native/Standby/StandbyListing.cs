using VServerPanel.Native.Commands;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Native.Standby.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>The copies that this host knows of: of its own vservers elsewhere, and of others' here, also those that are filled by other means.</summary>
internal static class StandbyListing
{
    public static IReadOnlyList<StandbyInfo> All(Invocation call)
    {
        var ids = call.Registry.Names().Select(n => (Name: n, Entry: Readable(call, n))).Where(e => e.Entry is not null).ToList();
        var names = ids.GroupBy(e => e.Entry!.Id).ToDictionary(g => g.Key, g => g.First().Name);
        var moves = new OutgoingStore(call.Paths);
        var kept = new KeptStandbyStore(call.Paths).List(Tell);

        // one that was promoted is told until a copy of it is kept elsewhere
        var copies = new KeptCopyStore(call.Paths).List(Tell).Where(c => c.EndedAt is null && (c.IsOpen || kept.All(s => s.VServerId != c.VServerId))).ToList();
        return
        [
            .. kept.Select(s => Describe(s, names, moves)),
            .. copies.Select(c => Describe(c, names)),

            // filled by other means, or not kept any more
            .. ids.Where(e => e.Entry!.StandbyOf is not null && copies.All(c => c.VServerId != e.Entry.Id || !c.IsOpen))
                .Select(e => new StandbyInfo { VServer = e.Name, VServerId = e.Entry!.Id, Role = StandbyRole.Copy, Peer = e.Entry.StandbyOf! }),
        ];

        void Tell(ProblemException damaged) => call.Report.Warn(damaged.Message);
    }

    private static StandbyInfo Describe(KeptStandby standby, Dictionary<Guid, VServerName> names, OutgoingStore moves)
    {
        var name = names.TryGetValue(standby.VServerId, out var now) ? now : standby.VServer;
        var isGone = !names.ContainsKey(standby.VServerId);
        return new StandbyInfo
        {
            VServer = name,
            VServerId = standby.VServerId,
            Role = StandbyRole.Source,
            Peer = standby.Peer,
            CompleteAsOf = standby.CompleteAsOf,
            LastTriedAt = standby.LastTriedAt,
            Problem = standby.Problem,
            Bytes = standby.Bytes,
            PromotedAt = standby.PromotedAt,
            IntervalMinutes = standby.IntervalMinutes,
            BytesPerSecond = standby.BytesPerSecond,
            NextAt = isGone ? null : standby.NextAt,
            IsAtWork = moves.IsAtWork(name),
            JobId = standby.JobId,
            WhatToDo = isGone ? $"{name} is not here any more. 'vserver {name} standby stop' forgets its copy."
                : standby.PromotedAt is not null ? $"{name} is the real one on {standby.Peer} by now, and must not run here. 'vserver {name} standby --of {standby.Peer}' makes the one here its copy."
                : null,
        };
    }

    private static StandbyInfo Describe(KeptCopy copy, Dictionary<Guid, VServerName> names) => new()
    {
        VServer = names.TryGetValue(copy.VServerId, out var name) ? name : copy.VServer,
        VServerId = copy.VServerId,
        Role = StandbyRole.Copy,
        Peer = copy.Peer,
        CompleteAsOf = copy.CompleteAsOf,
        LastTriedAt = copy.LastTriedAt,
        Bytes = copy.Bytes,
        PromotedAt = copy.PromotedAt,
    };

    private static Registry.RegistryEntry? Readable(Invocation call, VServerName name)
    {
        try
        {
            return call.Registry.Find(name);
        }
        catch (ProblemException)
        {
            // its own page says what is wrong with it
            return null;
        }
    }
}
