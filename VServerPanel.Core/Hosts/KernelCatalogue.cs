using System.Text.Json;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>Something that the kernel patch of 2002 gave, and what gives it today.</summary>
/// <param name="Id">Named by <see cref="KernelRelease.Brought"/>.</param>
/// <param name="Name">As it was called.</param>
/// <param name="Was">What it was.</param>
/// <param name="Today">What does it now.</param>
/// <param name="By">Keys of <see cref="HostCapability"/> it rests on; none where every stock kernel has it.</param>
/// <param name="Any">One of <paramref name="By"/> is enough; otherwise all are needed.</param>
public sealed record KernelFeature(string Id, string Name, string Was, string Today, IReadOnlyList<string> By, bool Any = false);

/// <summary>A kernel patch of the lineage that the FAQ of 2002 tells of.</summary>
/// <param name="Name">Of the patch.</param>
/// <param name="Kernel">What it was for.</param>
/// <param name="Note">What is known of it.</param>
/// <param name="Brought">Ids of features.</param>
public sealed record KernelRelease(string Name, string Kernel, string Note, IReadOnlyList<string> Brought);

/// <summary>The lineage of the vserver kernel patches, from <c>kernel-patches/catalogue.json</c>.</summary>
public sealed record KernelCatalogue(IReadOnlyList<KernelFeature> Features, IReadOnlyList<KernelRelease> Releases)
{
    private static readonly Lazy<KernelCatalogue> s_shipped = new(Load);

    /// <summary>The one that comes with this version.</summary>
    public static KernelCatalogue Shipped => s_shipped.Value;

    /// <summary>How well a host provides a feature; null where its report does not speak of what the feature rests on.</summary>
    public static CapabilityState? StateOf(KernelFeature feature, HostReport report)
    {
        if (feature.By.Count == 0)
        {
            return CapabilityState.Available;
        }

        var found = feature.By.Select(key => report.Capabilities.FirstOrDefault(c => c.Key == key)?.State).ToList();
        return feature.Any ? found.Min() : found.Contains(null) ? null : found.Max();
    }

    private static KernelCatalogue Load()
    {
        using var stream = typeof(KernelCatalogue).Assembly.GetManifestResourceStream("kernel-catalogue.json")!;
        return JsonSerializer.Deserialize<KernelCatalogue>(stream, JsonSerializerOptions.Web)!;
    }
}
