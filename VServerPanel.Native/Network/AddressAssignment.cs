using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>Puts a vserver's addresses on devices, and takes them off.</summary>
internal static class AddressAssignment
{
    /// <summary>Adds them in order and tells the neighbours.</summary>
    /// <exception cref="ProblemException">AddressInUse: one was taken between the look and the act. Those added before stay; the caller undoes.</exception>
    public static void Add(RouteSocket socket, IReadOnlyList<PlannedAddress> planned, Action<string> warn)
    {
        var links = planned.Count == 0 ? [] : socket.ListLinks();
        foreach (var address in planned)
        {
            var (device, ip) = (address.Assigned.Device, address.Assigned.Ip);
            KeepSecondaries(device);
            try
            {
                socket.Add(address.DeviceIndex, ip, address.Assigned.PrefixLength, address.Broadcast, address.Label);
            }
            catch (ErrnoException e) when (e.Errno == ErrnoNames.EEXIST)
            {
                throw new ProblemException(ProblemCode.AddressInUse, $"This host has got {ip} meanwhile.", e);
            }

            try
            {
                if (links.Find(l => l.Index == address.DeviceIndex) is { } link)
                {
                    AddressAnnouncement.Send(link, ip);
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                warn($"The neighbours of {device} could not be told of {ip}: {e.Message}");
            }
        }
    }

    /// <summary>Takes them off again, in reverse order; those that are gone already, with their device or alone, are passed over.</summary>
    public static void Remove(IReadOnlyList<AssignedAddress> addresses)
    {
        if (addresses.Count == 0)
        {
            return;
        }

        using var socket = new RouteSocket();
        foreach (var address in addresses.Reverse())
        {
            if (AddressPlan.IndexOf(address.Device) is var index and not 0)
            {
                socket.Remove(index, address.Ip, address.PrefixLength);
            }
        }
    }

    /// <summary>When the first address of a subnet goes, the kernel takes the others along unless told to promote one (ip-sysctl, promote_secondaries).</summary>
    private static void KeepSecondaries(string device)
    {
        var path = $"/proc/sys/net/ipv4/conf/{device}/promote_secondaries";
        try
        {
            if (!File.ReadAllText(path).StartsWith('1'))
            {
                File.WriteAllText(path, "1");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // /proc/sys read-only: the host's default stands
        }
    }
}
