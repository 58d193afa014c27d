using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VServerPanel.Native.Configuration;

/// <summary>One entry of <c>IPROOT</c>: <c>[device:]address[/mask or /bits]</c>.</summary>
/// <param name="Device">Its own device; null: IPROOTDEV's.</param>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="PrefixLength">Its own prefix length in bits; null: IPROOTMASK's, else the device's.</param>
internal sealed record ConfAddress(string? Device, IPAddress Address, int? PrefixLength)
{
    private const int MaximumDeviceLength = 15; // IFNAMSIZ - 1, linux/if.h

    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Reads an entry; the error says what to write instead.</summary>
    public static ConfAddress? TryParse(string entry, out string? error)
    {
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        var (text, mask) = slash < 0 ? (entry, null) : (entry[..slash], entry[(slash + 1)..]);
        string? device = null;

        // an IPv6 address has colons of its own, so the whole is tried first
        if (!TryParseAddress(text, out var address))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            while (colon >= 0 && !TryParseAddress(text[(colon + 1)..], out address))
            {
                colon = text.IndexOf(':', colon + 1);
            }

            device = colon > 0 ? text[..colon] : null;
        }

        if (address is null || (device is not null && !IsDeviceName(device)) || (device is null && !TryParseAddress(text, out _)))
        {
            error = $"'{entry}' is no address. Write [device:]address[/bits], such as 10.0.0.2/24 or eth0:2001:db8::2/64.";
            return null;
        }

        var maximum = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int? prefix = null;
        if (mask is not null && (prefix = PrefixOf(mask, address.AddressFamily)) is null)
        {
            error = $"'/{mask}' in '{entry}' is no mask. Write 1 to {maximum} bits{(maximum == 32 ? " or a mask such as 255.255.255.0" : "")}.";
            return null;
        }

        error = Refuse(address, entry);
        return error is null ? new ConfAddress(device, address, prefix) : null;
    }

    /// <summary>The prefix length that a mask (255.255.255.0) or a number of bits means; null where it is neither.</summary>
    public static int? PrefixOf(string mask, AddressFamily family)
    {
        var maximum = family == AddressFamily.InterNetwork ? 32 : 128;
        if (int.TryParse(mask, NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
        {
            return bits >= 1 && bits <= maximum ? bits : null;
        }

        if (family != AddressFamily.InterNetwork || !TryParseAddress(mask, out var address) || address.AddressFamily != AddressFamily.InterNetwork)
        {
            return null;
        }

        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
        var length = System.Numerics.BitOperations.LeadingZeroCount(~value);
        return length is > 0 && (length == 32 || value << length == 0) ? length : null;
    }

    /// <summary>Reads an IPv4 address of four plain numbers, or an IPv6 address without scope; nothing else that C# would take (1.2, 0x7f.1, [::1]).</summary>
    public static bool TryParseAddress(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var isPlain = text.Contains(':', StringComparison.Ordinal)
            ? text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            : text.Split('.') is { Length: 4 } parts && Array.TrueForAll(parts, p => p.Length is >= 1 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'));
        return isPlain && IPAddress.TryParse(text, out address);
    }

    /// <summary>Whether the kernel would take it as a device's name (dev_valid_name, net/core/dev.c); an alias label such as eth0:1 too.</summary>
    public static bool IsDeviceName(string name) =>
        name is { Length: > 0 and <= MaximumDeviceLength } and not "." and not ".." && name.All(c => c is > ' ' and <= '~' and not '/') && name[0] != '-';

    /// <inheritdoc/>
    public override string ToString() => $"{(Device is null ? "" : Device + ":")}{Address}{(PrefixLength is { } bits ? $"/{bits}" : "")}";

    private static string? Refuse(IPAddress address, string entry)
    {
        var bytes = address.GetAddressBytes();
        var what = IPAddress.IsLoopback(address) ? "a loopback address; every vserver has its own"
            : address.IsIPv6Multicast || (bytes.Length == 4 && bytes[0] is >= 224 and < 240) ? "a multicast address"
            : address.IsIPv4MappedToIPv6 ? "an IPv4 address written as IPv6; write the IPv4 address"
            : bytes.Length == 4 && (bytes[0] == 0 || bytes[0] >= 240) ? "no address that a host can have"
            : address.Equals(IPAddress.IPv6Any) ? "no address; leave IPROOT empty for a vserver that is not tied to one"
            : null;
        return what is null ? null : $"'{entry}' is {what}.";
    }
}
