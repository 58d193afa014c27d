using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>How a vserver with a network of its own is connected.</summary>
public enum NetworkLink
{
    /// <summary>As a port of a bridge of the host.</summary>
    Bridge = 0,

    /// <summary>By a device of its own on top of one of the host's; the host itself is not reached over it.</summary>
    Macvlan = 1,
}

/// <summary>What the create wizard asks for. Texts are as typed; <see cref="CreateRequestValidator"/> says what is wrong with them.</summary>
public sealed record CreateRequest
{
    public BuildMethod Method { get; set; }

    /// <summary>A suite, a file of the image folder, a vserver's name; empty for a skeleton.</summary>
    public string Source { get; set; } = "";

    /// <summary>Mirror for <see cref="BuildMethod.Debootstrap"/>; empty: the host's own.</summary>
    public string Mirror { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>Empty: the vserver's name.</summary>
    public string Hostname { get; set; } = "";

    public string Description { get; set; } = "";

    /// <summary>Each <c>address[/prefix length]</c>, IPv4 or IPv6. None: not tied to an address.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>The device that carries the addresses while it runs; empty: they are on the host already. In a network of its own, what it is connected to; empty: nothing.</summary>
    public string Device { get; set; } = "";

    public NetworkMode NetworkMode { get; set; }

    /// <summary>In a network of its own: how it is connected.</summary>
    public NetworkLink NetworkLink { get; set; }

    /// <summary>In a network of its own: the routers to elsewhere, one of IPv4 and one of IPv6 at most.</summary>
    public IReadOnlyList<string> Gateways { get; set; } = [];

    /// <summary>Name servers; none: as the new root has them.</summary>
    public IReadOnlyList<string> NameServers { get; set; } = [];

    /// <summary>Null: as found in the new root.</summary>
    public InitStyle? InitStyle { get; set; }

    public long? MemoryLimitBytes { get; set; }

    public int? ProcessLimit { get; set; }

    /// <summary>In processors: 0.5 is half of one.</summary>
    public double? ProcessorLimit { get; set; }

    /// <summary>Started by the host's boot.</summary>
    public bool OnBoot { get; set; }

    /// <summary>Started once it is built.</summary>
    public bool StartAfterwards { get; set; } = true;
}
