using System.Text.Json;

namespace VServerPanel.Architecture.Tests;

/// <summary>The catalogue of the Kernel page asks a host's report for keys: the host command must have them.</summary>
public sealed class KernelCatalogueTests
{
    [Fact]
    public void Keys_OfEveryFeature_AreRowsOfVServerInfo()
    {
        using var catalogue = JsonDocument.Parse(Repository.Read("kernel-patches/catalogue.json"));
        var keys = catalogue.RootElement.GetProperty("features").EnumerateArray().SelectMany(f => f.GetProperty("by").EnumerateArray()).Select(k => k.GetString()!).Distinct(StringComparer.Ordinal).ToList();
        var probes = string.Concat(Repository.Files("VServerPanel.Native/Hosts/Info").Select(Repository.Read));

        Assert.NotEmpty(keys);
        Repository.AssertNone(keys.Where(k => !probes.Contains($"\"{k}\"", StringComparison.Ordinal)));
    }
}
