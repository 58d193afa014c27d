using System.Collections.Concurrent;
using VServerPanel.Protocol;
using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Hosts;

/// <summary>What <c>vserver-info</c> says of a host with a stock kernel.</summary>
public abstract class InfoTests(StockMachine machine, string way)
{
    private static readonly ConcurrentDictionary<StockMachine, HostReport> s_reports = [];

    [Theory]
    [InlineData("bpf-network", "cgroup")]
    [InlineData("bpf-iunlink", null)]
    [InlineData("bpf-isolation", null)]
    public void Info_KernelTopic_IsInForceByItsWay(string key, string? only)
    {
        var capability = Find(key);
        Assert.True(capability.State == CapabilityState.Available, capability.Found);
        Assert.StartsWith($"in force by {only ?? way}, tried out", capability.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cgroup")]
    [InlineData("user-namespaces")]
    [InlineData("idmapped-mounts")]
    [InlineData("seccomp")]
    [InlineData("capabilities")]
    [InlineData("hardening")]
    public void Info_WhatVServersNeed_IsThere(string key)
    {
        var capability = Find(key);
        Assert.True(capability.State == CapabilityState.Available, capability.Found);
    }

    protected HostCapability Find(string key) => s_reports.GetOrAdd(machine, Ask).Capabilities.Single(c => c.Key == key);

    private static HostReport Ask(StockMachine machine)
    {
        var lines = machine.WithVServers().Expect("vserver --as vserver-info --json").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return WireProtocol.FromElement<HostReport>(Assert.IsType<ResultEvent>(WireProtocol.Read(lines[^1])).Data!.Value);
    }
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61InfoTests(Debian61Machine machine) : InfoTests(machine, "lsm");

[Collection(Debian612Machine.Name)]
public sealed class Debian612InfoTests(Debian612Machine machine) : InfoTests(machine, "lsm");

[Collection(WithoutBpfLsmMachine.Name)]
public sealed class WithoutBpfLsmInfoTests(WithoutBpfLsmMachine machine) : InfoTests(machine, "fmod_ret")
{
    [Theory]
    [InlineData("bpf-iunlink")]
    [InlineData("bpf-isolation")]
    public void Info_BetterWayThatDoesNotAct_IsNamedWithTheReason(string key) =>
        Assert.Contains("By lsm: The kernel took the programs, but they do not act", Find(key).Found, StringComparison.Ordinal);
}
