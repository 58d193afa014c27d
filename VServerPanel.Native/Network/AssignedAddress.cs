using System.Net;
using System.Text.Json.Serialization;

namespace VServerPanel.Native.Network;

/// <summary>An address on a device, as it was put there.</summary>
/// <param name="Device">The device, without an alias label.</param>
/// <param name="Address">IPv4 or IPv6, as text.</param>
/// <param name="PrefixLength">In bits.</param>
internal sealed record AssignedAddress(string Device, string Address, int PrefixLength)
{
    [JsonIgnore]
    public IPAddress Ip => IPAddress.Parse(Address);
}
