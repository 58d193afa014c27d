using VServerPanel.Native.Network;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>Bridges for vservers in a private network: the one that is asked for, and those of earlier calls.</summary>
internal sealed class BridgesStep(HostPaths paths, HostBridge? wanted) : SetupStep
{
    private readonly HostBridges _bridges = new(paths);

    public override string Title => "Bridges";

    public override IReadOnlyList<string> Missing() =>
        [.. All().SelectMany(HostBridges.Missing), .. IsToBeWritten() ? [$"Have {wanted!.Name} made at each boot ({_bridges.FilePath})"] : Array.Empty<string>()];

    public override void Apply()
    {
        if (IsToBeWritten())
        {
            _bridges.Save(wanted!);
        }

        foreach (var bridge in All())
        {
            HostBridges.Make(bridge);
        }
    }

    private bool IsToBeWritten() => wanted is not null && !_bridges.Read().Any(b => b.ToString() == wanted.ToString());

    private IEnumerable<HostBridge> All() => wanted is null ? _bridges.Read() : [.. _bridges.Read().Where(b => b.Name != wanted.Name), wanted];
}
