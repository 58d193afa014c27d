using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>How the vserver that a copy is of stands, as far as the panel sees.</summary>
public enum OriginalState
{
    /// <summary>No host of the panel has it, and its own is none of them.</summary>
    NotSeen,

    /// <summary>Its host does not answer: nobody knows.</summary>
    Away,

    /// <summary>Its host answers, and has no such vserver.</summary>
    Gone,

    /// <summary>It is there and does not run.</summary>
    Off,

    /// <summary>It is a stopped copy there, too.</summary>
    Copy,

    /// <summary>It runs, starts or stops just now.</summary>
    Running,
}

/// <summary>What the panel sees of the vserver that a copy is of.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Host">Where: the panel's name of it, or, where the panel has no such host, the copy's.</param>
/// <param name="IsOwn">Whether that is the panel's own host.</param>
/// <param name="Name">What it is called there; null where it is not seen.</param>
/// <param name="LastState">Of a host that does not answer: how it stood when it last did.</param>
/// <param name="Since">Of a host that does not answer: since when.</param>
public sealed record OriginalSight(OriginalState State, string Host, bool IsOwn, VServerName? Name = null, VServerState? LastState = null, DateTimeOffset? Since = null);

/// <summary>Looks for the vserver that a copy is of on all hosts of the panel, by its stable id: what its host is called there and here may differ.</summary>
public sealed class OriginalWatch(IHostCommand host, Func<Fleet> fleet)
{
    /// <summary>What is seen of it now.</summary>
    public OriginalSight Look(VServerStatus copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        var others = fleet().All.Where(h => h.Name != host.HostName).ToList();

        // where it runs counts before where it does not
        var seen = others.Select(h => See(h, copy.Id)).OfType<OriginalSight>().OrderByDescending(s => s.State).FirstOrDefault();
        if (seen is not null)
        {
            return seen;
        }

        var source = copy.StandbyOf ?? "";
        return others.FirstOrDefault(h => string.Equals(h.Name, source, StringComparison.OrdinalIgnoreCase)) is not { } named
            ? new OriginalSight(OriginalState.NotSeen, source, IsOwn: false)
            : named.Directory.Snapshot.Connection is { State: not DirectoryConnection.Live } away
                ? new OriginalSight(OriginalState.Away, named.Name, named.IsOwn, Since: away.Since)
                : new OriginalSight(OriginalState.Gone, named.Name, named.IsOwn);
    }

    private static OriginalSight? See(HostServices host, Guid id)
    {
        if (host.Directory.Find(id) is not { } entry)
        {
            return null;
        }

        var connection = host.Directory.Snapshot.Connection;
        return connection.State is not DirectoryConnection.Live
            ? new OriginalSight(OriginalState.Away, host.Name, host.IsOwn, entry.Name, entry.Status.State, connection.Since)
            : new OriginalSight(Of(entry.Status.State), host.Name, host.IsOwn, entry.Name);
    }

    private static OriginalState Of(VServerState state) => state switch
    {
        VServerState.Running or VServerState.Starting or VServerState.Stopping => OriginalState.Running,
        VServerState.Standby => OriginalState.Copy,
        _ => OriginalState.Off,
    };
}
