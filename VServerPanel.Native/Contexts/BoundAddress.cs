using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>What chbind and the wrappers of services take for an address: the address, a device, or a host name.</summary>
internal static class BoundAddress
{
    /// <summary>The one that is meant.</summary>
    /// <exception cref="ProblemException">InvalidArgument, NotFound.</exception>
    public static ConfAddress Find(string text)
    {
        if (ConfAddress.TryParse(text, out var error) is { Device: null } address)
        {
            return address;
        }

        if (OfDevice(text) is { } device)
        {
            return new ConfAddress(null, device.Address, device.PrefixLength);
        }

        // what looks like an address is no name
        return text.Any(c => char.IsAsciiLetter(c)) && !text.Contains(':', StringComparison.Ordinal) && !text.Contains('/', StringComparison.Ordinal)
            ? new ConfAddress(null, Resolve(text), null)
            : throw new ProblemException(ProblemCode.InvalidArgument, error ?? $"'{text}' is no address. Write IP[/BITS], a device or a host name.");
    }

    /// <summary>A broadcast address, or that of a device.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static IPAddress FindBroadcast(string text) =>
        ConfAddress.TryParseAddress(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork ? address
        : OfDevice(text)?.Broadcast ?? throw new ProblemException(ProblemCode.InvalidArgument, $"'{text}' is no broadcast address, and no device that has one.");

    /// <summary>The first IPv4 address of the first device that is not the loopback; null: there is none.</summary>
    public static ConfAddress? OfFirstDevice()
    {
        using var socket = new RouteSocket();
        return socket.List().Where(a => a.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a.Address)).OrderBy(a => a.DeviceIndex).FirstOrDefault() is { } first
            ? new ConfAddress(null, first.Address, first.PrefixLength)
            : null;
    }

    private static HostAddress? OfDevice(string text)
    {
        if (!ConfAddress.IsDeviceName(text) || Libc.if_nametoindex(text) is 0)
        {
            return null;
        }

        using var socket = new RouteSocket();
        var index = Libc.if_nametoindex(text);
        return socket.List().FirstOrDefault(a => a.DeviceIndex == index && a.Address.AddressFamily == AddressFamily.InterNetwork)
            ?? throw new ProblemException(ProblemCode.NotFound, $"The device {text} has no IPv4 address.");
    }

    private static IPAddress Resolve(string name)
    {
        try
        {
            return Dns.GetHostAddresses(name, AddressFamily.InterNetwork) is [var first, ..] ? first : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new ProblemException(ProblemCode.NotFound, $"'{name}' is no address, no device, and no host name that can be found ({e.Message}).", e);
        }
    }
}
