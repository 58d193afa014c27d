namespace VServerPanel.Core.Hosts;

/// <summary>Row of a host that is reached by ssh.</summary>
internal sealed class HostRecord
{
    public required string Name { get; init; }

    public required string Address { get; init; }

    public required int Port { get; init; }

    /// <summary>The pinned key.</summary>
    public required string HostKey { get; init; }

    public required string AddedBy { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>What lists show in place of the name; null: the name.</summary>
    public string? Label { get; init; }

    /// <summary>Whether it is switched off in this panel.</summary>
    public bool IsOff { get; init; }

    public KnownHost View() => new(Read(), AddedBy, AddedAt);

    public PinnedHost Read() => new(Name, Address, Port, HostKey);
}

/// <summary>A host that was added to this panel.</summary>
/// <param name="Host">How it is reached.</param>
/// <param name="AddedBy">The user.</param>
/// <param name="AddedAt">When.</param>
public sealed record KnownHost(PinnedHost Host, string AddedBy, DateTimeOffset AddedAt);
