using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts.Info;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Hosts.Info;

public sealed class VServerInfoTests
{
    [Fact]
    public void Info_ThisHost_TellsEveryLackWithItsCost()
    {
        using var prefix = new PrivatePrefix();
        var output = HostCommand.Run(prefix, "--as", "vserver-info", "--json");
        var report = output.Result<HostReport>();
        Assert.NotEmpty(report.Kernel);
        Assert.InRange(report.MemoryBytes, 1L << 26, long.MaxValue);
        Assert.Equal(Environment.ProcessorCount, report.Processors);
        Assert.Equal(report.Capabilities.Select(c => c.Key), output.Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<HostCapability>(i.Data).Key));
        Assert.All(report.Capabilities, c => Assert.True(c.State == CapabilityState.Available ? c.Cost is null : c.Cost is not null, c.Key));
        Assert.Subset(
            report.Capabilities.Select(c => c.Key).ToHashSet(StringComparer.Ordinal),
            new HashSet<string>(["cgroup", "user-namespaces", "idmapped-mounts", "seccomp", "capabilities", "crun", "conmon", "catatonit", "hardening", "reflink", "bpf-network", "bpf-iunlink", "bpf-isolation"], StringComparer.Ordinal));

        // nothing of what was tried is left
        Assert.Empty(Directory.GetFileSystemEntries(prefix.Paths.VServers));

        // an unhardened prefix is said to be one
        Assert.Equal(CapabilityState.Missing, report.Capabilities.Single(c => c.Key == "hardening").State);
    }

    [Fact]
    public void Info_People_ReadATable()
    {
        using var prefix = new PrivatePrefix();
        var output = HostCommand.Run(prefix, "--as", "vserver-info").Output;
        Assert.Contains("Control groups", output, StringComparison.Ordinal);
        Assert.Contains("costs:", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_Failure_IsALackWithCostAndRemedy()
    {
        var probe = new Probe("k", "t", "cost", "remedy", () => throw new ErrnoException(ErrnoNames.EPERM, "bpf")) { Lack = CapabilityState.Degraded };
        Assert.Equal(new HostCapability("k", "t", CapabilityState.Degraded, "bpf: EPERM (Operation not permitted)", "cost", "remedy"), probe.Run());
        Assert.Equal(new HostCapability("k", "t", CapabilityState.Available, "v1"), (probe with { Try = () => "v1" }).Run());
    }

    [Theory]
    [InlineData(0x1fffffffffful, "")]
    [InlineData(0x1fffeffffffUL, "CAP_SYS_RESOURCE")]
    [InlineData(0x1fffdfffffeul, "CAP_CHOWN CAP_SYS_TIME")]
    public void Missing_BoundingSet_NamesWhatItLacks(ulong bounding, string expected) => Assert.Equal(expected, string.Join(' ', IsolationProbes.Missing(bounding, 40)));

    [Theory]
    [InlineData("root:100000:65536", false)]
    [InlineData("root:1879048191:2", true)]
    [InlineData("root:2147483647:5", true)]
    [InlineData("root:2147483648:5", false)]
    [InlineData("nonsense", false)]
    public void Overlaps_SubordinateIds_AreOursOrNot(string line, bool expected) => Assert.Equal(expected, StorageProbes.Overlaps(line));

    [Fact]
    public void MemoryBytes_ManPagesLine_IsInBytes() => Assert.Equal(24_563_880L * 1024, VServerInfoTool.MemoryBytes(["MemTotal:       24563880 kB", "MemFree: 1 kB"]));

    [Fact]
    public void Distribution_OsRelease_IsItsPrettyName() => Assert.Equal("Debian GNU/Linux 12 (bookworm)", VServerInfoTool.Distribution(ConfFile.Parse("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=Debian\n")));
}
