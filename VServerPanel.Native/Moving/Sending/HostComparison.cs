using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>What a vserver of one host finds to be otherwise on another.</summary>
internal static class HostComparison
{
    public static IReadOnlyList<MoveCheck> Of(PeerReport here, PeerReport there) =>
    [
        new("reachable", "The other host", CheckState.Ok, $"{there.Hostname} answers."),
        here.Architecture == there.Architecture
            ? new("architecture", "Architecture", CheckState.Ok, there.Architecture)
            : new("architecture", "Architecture", CheckState.Refused, $"{here.Architecture} here, {there.Architecture} there: its programs do not run there."),
        here.Version == there.Version
            ? new("version", "Version", CheckState.Ok, there.Version)
            : new("version", "Version", CheckState.Warning, $"VServerPanel {here.Version} here, {there.Version} there.", "Install the same on both."),
        .. here.Comparison == there.Comparison
            ? []
            : (MoveCheck[])[new("comparison", "Comparing", CheckState.Refused, $"VServerPanel {here.Version} here and {there.Version} there copy and compare trees in different ways, and a tree is handed over only when it was found equal.", "Install the same version on both.")],
        here.CgroupVersion == there.CgroupVersion
            ? new("cgroup", "Control groups", CheckState.Ok, $"Version {here.CgroupVersion} on both.")
            : new("cgroup", "Control groups", CheckState.Warning, $"Version {here.CgroupVersion} here, {there.CgroupVersion} there: what reads them in the vserver sees others."),
        new("kernel", "Kernel", CheckState.Ok, $"{here.Kernel} here, {there.Kernel} there."),
        .. here.Capabilities.Where(c => c.State == CapabilityState.Available).Select(c => Lost(c, there)).OfType<MoveCheck>(),
    ];

    // one that the other does not know is told by the versions
    private static MoveCheck? Lost(HostCapability here, PeerReport there) => there.Capabilities.FirstOrDefault(c => c.Key == here.Key) is { State: not CapabilityState.Available } lack
        ? new("kernel", here.Title, CheckState.Warning, $"It is there on this host, and not so on the other: {lack.Found}{(lack.Cost is null ? "" : $" {lack.Cost}")}", lack.Remedy)
        : null;
}
