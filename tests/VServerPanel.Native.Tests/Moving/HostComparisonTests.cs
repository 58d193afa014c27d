using VServerPanel.Native.Moving.Sending;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

public sealed class HostComparisonTests
{
    private static readonly PeerReport s_host = new()
    {
        Version = "1.0.0",
        Hostname = "hosta",
        Architecture = "x86_64",
        Kernel = "6.12.1",
        CgroupVersion = 2,
        BytesFree = 1,
        Capabilities = [Capability("reflink", CapabilityState.Available), Capability("bpf-network", CapabilityState.Available), Capability("vrpm", CapabilityState.Missing)],
    };

    [Fact]
    public void Of_EqualHosts_FindsNothing()
    {
        var checks = HostComparison.Of(s_host, s_host with { Hostname = "hostb", Kernel = "6.1.0" });
        Assert.All(checks, c => Assert.Equal(CheckState.Ok, c.State));
        Assert.Equal(["reachable", "architecture", "version", "cgroup", "kernel"], checks.Select(c => c.Key));
        Assert.Equal("6.12.1 here, 6.1.0 there.", checks[^1].Found);
    }

    [Theory]
    [InlineData("architecture", CheckState.Refused, "x86_64 here, aarch64 there")]
    [InlineData("version", CheckState.Warning, "VServerPanel 1.0.0 here, 1.1.0 there.")]
    [InlineData("comparison", CheckState.Refused, "compare trees in different ways")]
    [InlineData("cgroup", CheckState.Warning, "Version 2 here, 1 there")]
    [InlineData("kernel", CheckState.Warning, "not so on the other: found reflink Missing")]
    public void Of_OneThatDiffers_FindsThat(string key, CheckState state, string found)
    {
        var there = key switch
        {
            "architecture" => s_host with { Architecture = "aarch64" },
            "version" => s_host with { Version = "1.1.0" },
            "comparison" => s_host with { Comparison = 1 },
            "cgroup" => s_host with { CgroupVersion = 1 },
            _ => s_host with { Capabilities = [Capability("reflink", CapabilityState.Missing), .. s_host.Capabilities.Skip(1)] },
        };
        var differs = Assert.Single(HostComparison.Of(s_host, there), c => c.State != CheckState.Ok);
        Assert.Equal((key, state), (differs.Key, differs.State));
        Assert.Contains(found, differs.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Capabilities_TellsWhatIsLostAndNothingElse()
    {
        // degraded is lost, too; what only the other has, and what it does not know, is not
        var there = s_host with { Capabilities = [Capability("bpf-network", CapabilityState.Degraded), Capability("vrpm", CapabilityState.Available)] };
        var lost = Assert.Single(HostComparison.Of(s_host, there), c => c.State != CheckState.Ok);
        Assert.Equal(("kernel", "title bpf-network", "remedy"), (lost.Key, lost.Title, lost.Remedy));
        Assert.EndsWith("found bpf-network Degraded cost", lost.Found, StringComparison.Ordinal);
    }

    private static HostCapability Capability(string key, CapabilityState state) => new(key, "title " + key, state, $"found {key} {state}", "cost", "remedy");
}
