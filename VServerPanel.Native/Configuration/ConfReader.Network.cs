using System.Net;
using System.Net.Sockets;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfReader
{
    private static readonly char[] s_blanks = [' ', '\t', '\n', '\r'];

    private (IReadOnlyList<ConfAddress> Addresses, bool HasAll) ReadAddresses()
    {
        var entries = Text(ConfKeys.IpRoot)?.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (entries is [] or ["0.0.0.0"] or ["ALL"])
        {
            return ([], entries is ["ALL"]);
        }

        var addresses = new List<ConfAddress>();
        foreach (var entry in entries)
        {
            if (entry is "0.0.0.0" or "ALL")
            {
                Error(ConfKeys.IpRoot, $"{entry} stands for all addresses, so it must stand alone in IPROOT.");
            }
            else if (ConfAddress.TryParse(entry, out var error) is not { } address)
            {
                Error(ConfKeys.IpRoot, error!);
            }
            else if (addresses.Exists(a => a.Address.Equals(address.Address)))
            {
                Error(ConfKeys.IpRoot, $"{address.Address} is there twice. Leave one.");
            }
            else
            {
                addresses.Add(address);
            }
        }

        return (addresses, false);
    }

    // the kernel's table of a vserver has that many places
    private void CheckCount(VServerConf conf)
    {
        foreach (var family in conf.NetworkMode == NetworkMode.Shared ? conf.Addresses.GroupBy(a => a.IsIPv6) : [])
        {
            if (family.Count() is > Kernel.Ipv4RootEntry.MaximumAddresses and var count)
            {
                Error(ConfKeys.IpRoot, $"IPROOT has {count} {(family.Key ? "IPv6" : "IPv4")} addresses, and a vserver in the host's network has at most {Kernel.Ipv4RootEntry.MaximumAddresses} of each kind. Take {count - Kernel.Ipv4RootEntry.MaximumAddresses} out.");
            }
        }
    }

    private string? ReadDevice()
    {
        var device = Text(ConfKeys.IpRootDev);
        if (device is not null && !ConfAddress.IsDeviceName(device))
        {
            Error(ConfKeys.IpRootDev, $"'{device}' is no name of a network device. Write one such as eth0; 'ip link' lists them.");
            return null;
        }

        return device;
    }

    private int? ReadMask()
    {
        if (Text(ConfKeys.IpRootMask) is not { } mask)
        {
            return null;
        }

        var bits = ConfAddress.PrefixOf(mask, AddressFamily.InterNetwork);
        if (bits is null)
        {
            Error(ConfKeys.IpRootMask, $"'{mask}' is no mask. Write one such as 255.255.255.0, or 1 to 32 bits.");
        }

        return bits;
    }

    private IPAddress? ReadBroadcast()
    {
        if (Text(ConfKeys.IpRootBcast) is not { } text)
        {
            return null;
        }

        if (ConfAddress.TryParseAddress(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address;
        }

        Error(ConfKeys.IpRootBcast, $"'{text}' is no broadcast address. Write an IPv4 address such as 10.0.0.255.");
        return null;
    }

    private string ReadHostname()
    {
        if (Text(ConfKeys.Hostname) is not { } name)
        {
            return "";
        }

        if (Hostnames.FaultOf(name) is { } fault)
        {
            Error(ConfKeys.Hostname, fault);
            return "";
        }

        return name;
    }

    private string? ReadDomainName()
    {
        var name = Text(ConfKeys.DomainName);
        if (name is not null && (name.Length > 64 || !name.All(c => c is > ' ' and <= '~')))
        {
            Error(ConfKeys.DomainName, "S_DOMAINNAME has at most 64 printable characters and no blanks. Write the NIS domain, none, or nothing.");
            return null;
        }

        return name == "none" ? "" : name;
    }
}
