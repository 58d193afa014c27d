using Microsoft.AspNetCore.Components;

namespace VServerPanel.Security;

/// <summary>The address of the browser. A circuit has no request of its own, so the address travels from the first rendering in the
/// component state, which data protection seals.</summary>
public sealed class ClientAddress
{
    /// <summary>Null where it is not known.</summary>
    [PersistentState]
    public string? Value { get; set; }

    /// <summary>Takes it from a request.</summary>
    public static string? Of(HttpContext? context) => context?.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : null;
}
