using System.Text.Json.Serialization;

namespace VServerPanel.Native.Network;

/// <summary>The host's end of a vserver's link: a port of a bridge.</summary>
/// <param name="Device">Its name.</param>
/// <param name="HardwareAddress">By which it is told from another that has the name now; in hexadecimal.</param>
internal sealed record HostEnd(string Device, string HardwareAddress)
{
    // vs100, and if there is one vs100a … vs100z
    private const string Suffixes = "abcdefghijklmnopqrstuvwxyz";

    [JsonIgnore]
    public byte[] Address => Convert.FromHexString(HardwareAddress);

    /// <summary>A name for a vserver's end that no device has.</summary>
    /// <param name="context">Unique among those that run; another installation's may have the same.</param>
    /// <param name="generation">Its life.</param>
    /// <param name="taken">Names of the host's devices.</param>
    public static HostEnd Choose(int context, string generation, IReadOnlySet<string> taken)
    {
        var name = Suffixes.Select(s => $"vs{context}{s}").Prepend($"vs{context}").First(n => !taken.Contains(n));
        return new HostEnd(name, Convert.ToHexString(LinkPlan.HostAddressOf(generation)));
    }

    /// <summary>Removes it, and the vserver's end with it; another's of the same name stays.</summary>
    public void Remove()
    {
        using var socket = new RouteSocket();
        if (socket.FindLink(Device) is { HardwareAddress: { } address } link && address.AsSpan().SequenceEqual(Address))
        {
            socket.RemoveLink(link);
        }
    }
}
