using System.Globalization;
using System.Net;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Processes;

namespace VServerPanel.Native.Contexts;

/// <summary>What the kernel of 2002 said of a process beyond others: its context, and the addresses it is tied to.</summary>
internal static class StatusLines
{
    /// <summary>Of a process that is there.</summary>
    public static IReadOnlyList<string> Of(int pid)
    {
        var paths = HostPaths.FromEnvironment();
        return Of(new ContextTable(paths, TimeProvider.System).Of(pid)?.Number ?? 0, AddressTies.Find(paths, pid));
    }

    /// <param name="context">Its number.</param>
    /// <param name="tie">Its addresses; null: none.</param>
    public static IReadOnlyList<string> Of(int context, Ipv4RootEntry? tie)
    {
        var lines = new List<string> { string.Create(CultureInfo.InvariantCulture, $"s_context:\t{context}") };
        lines.Add($"ipv4root:\t{(tie is { IsTied: true, Count4: > 0 } ? string.Join(' ', Addresses(tie.Value)) : "0")}");
        if (tie is { IsTied: true, Broadcast4: not 0 })
        {
            lines.Add($"ipv4root_bcast:\t{new IPAddress(tie.Value.Broadcast4)}");
        }

        return lines;
    }

    private static IEnumerable<string> Addresses(Ipv4RootEntry tie)
    {
        for (var i = 0; i < tie.Count4; i++)
        {
            yield return tie.Mask4[i] == 0 ? new IPAddress(tie.Address4[i]).ToString() : $"{new IPAddress(tie.Address4[i])}/{new IPAddress(tie.Mask4[i])}";
        }
    }
}
