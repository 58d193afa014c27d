using System.Collections.Concurrent;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Registry;

public sealed class VServerRegistryTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly VServerRegistry _registry;

    public VServerRegistryTests() => _registry = new VServerRegistry(_prefix.Paths, TimeProvider.System);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void FindOrAdd_Twice_IsTheSame()
    {
        var name = VServerName.Parse("web");
        Assert.Equal(_registry.FindOrAdd(name), _registry.FindOrAdd(name));
        Assert.Equal(_registry.Find(name), new VServerRegistry(_prefix.Paths, TimeProvider.System).Find(name));
    }

    [Fact]
    public void FindOrAdd_ManyAtOnce_RangesDoNotOverlap()
    {
        var entries = new ConcurrentBag<RegistryEntry>();
        Parallel.For(0, 40, i => entries.Add(new VServerRegistry(_prefix.Paths, TimeProvider.System).FindOrAdd(VServerName.Parse($"v{i / 2}"))));
        var ranges = entries.DistinctBy(e => e.Name).OrderBy(e => e.IdBase).ToList();
        Assert.Equal(20, ranges.Count);
        Assert.Equal(20, entries.Select(e => e.Id).Distinct().Count());
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.IdBase + pair.First.IdCount <= pair.Second.IdBase));
    }

    [Fact]
    public void FindOrAdd_ARangeIsFreeAgain_IsGivenAgain()
    {
        var first = _registry.FindOrAdd(VServerName.Parse("a"));
        var second = _registry.FindOrAdd(VServerName.Parse("b"));
        File.Delete(_prefix.Paths.RegistryOf(first.Name));
        Assert.Equal(first.IdBase, _registry.FindOrAdd(VServerName.Parse("c")).IdBase);
        Assert.NotEqual(second.IdBase, _registry.FindOrAdd(VServerName.Parse("d")).IdBase);
    }

    [Fact]
    public void Find_DamagedFile_SaysWhatToDo()
    {
        File.WriteAllText(_prefix.Paths.RegistryOf(VServerName.Parse("web")), "{\"id\":");
        var problem = Assert.Throws<ProblemException>(() => _registry.Find(VServerName.Parse("web")));
        Assert.Contains("backup", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_OtherFiles_AreNoVServers()
    {
        foreach (var file in (string[])["web.conf", "db.conf", "db.sh", "newvserver.defaults", "-x.conf", "a b.conf", "ALL.conf"])
        {
            File.WriteAllText($"{_prefix.Paths.Configuration}/{file}", "");
        }

        Assert.Equal(["db", "web"], _registry.Names().Select(n => n.Value));
    }
}
