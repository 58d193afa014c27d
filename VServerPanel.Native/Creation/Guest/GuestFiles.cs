using System.Net;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Creation.Guest;

/// <summary>The few files by which a new root becomes a machine of its own.</summary>
internal sealed class GuestFiles(SafeFileHandle root, IReporter report)
{
    // systemd-resolved's stub answers on the host's loopback only; its other file names the servers themselves
    private static readonly string[] s_resolvers = ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"];

    /// <summary>Directories that the start mounts on, host name, hosts, resolver; of a copy, the identity of the original is taken away.</summary>
    /// <param name="hostname">The vserver's.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="isCopy">Whether the tree is a copy of a machine that lives on.</param>
    public void Write(string hostname, IReadOnlyList<IPAddress> addresses, bool isCopy)
    {
        foreach (var name in (string[])["dev", "etc", "proc", "run", "sys"])
        {
            GuestRoot.EnsureDirectory(root, name, 0b111_101_101);
        }

        GuestRoot.EnsureDirectory(root, "tmp", 0b1_111_111_111);
        if (!GuestRoot.Write(root, "etc/hostname", hostname + "\n"))
        {
            report.Warn("The root has no directory /etc; host name and name servers are not set in it.");
            return;
        }

        GuestRoot.Write(root, "etc/hosts", Hosts(GuestRoot.Read(root, "etc/hosts"), hostname, addresses));
        WriteResolver();
        if (isCopy)
        {
            TakeIdentityAway();
        }
    }

    /// <summary>A hosts file with lines for the vserver's own name; all other lines stay (hosts(5)).</summary>
    internal static string Hosts(string? old, string hostname, IReadOnlyList<IPAddress> addresses)
    {
        var text = string.IsNullOrWhiteSpace(old) ? "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" : old.EndsWith('\n') ? old : old + "\n";
        var isNamed = text.Split('\n').Select(l => l.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Any(w => w.Skip(1).Contains(hostname, StringComparer.OrdinalIgnoreCase));
        if (isNamed)
        {
            return text;
        }

        var dot = hostname.IndexOf('.', StringComparison.Ordinal);
        var names = dot > 0 ? $"{hostname} {hostname[..dot]}" : hostname;

        // 127.0.1.1 is what Debian takes where a host has no address of its own (Debian reference, 5.1.1)
        var own = addresses.Count > 0 ? addresses : [new IPAddress((byte[])[127, 0, 1, 1])];
        return text + string.Concat(own.Select(a => $"{a}\t{names}\n"));
    }

    private void WriteResolver()
    {
        // a symlink to nowhere is that guest's own resolver, which makes the file when it runs
        if (GuestRoot.Has(root, "etc/resolv.conf") && GuestRoot.Read(root, "etc/resolv.conf") is not "")
        {
            return;
        }

        var path = s_resolvers.FirstOrDefault(File.Exists);
        if (path is null)
        {
            return;
        }

        var text = File.ReadAllText(path);
        GuestRoot.Write(root, "etc/resolv.conf", text);
        var servers = text.Split('\n').Where(l => l.StartsWith("nameserver ", StringComparison.Ordinal)).Select(l => l[11..].Trim()).ToList();
        if (servers.Count > 0 && servers.TrueForAll(s => IPAddress.TryParse(s, out var address) && IPAddress.IsLoopback(address)))
        {
            report.Warn("This host's name servers are on its loopback device, which a vserver does not reach; set others in its /etc/resolv.conf.");
        }
    }

    private void TakeIdentityAway()
    {
        // machine-id(5): empty, it is made anew at the first start
        if (GuestRoot.Has(root, "etc/machine-id"))
        {
            GuestRoot.Write(root, "etc/machine-id", "");
        }

        var dbus = GuestRoot.TryOpenDirectory(root, "var/lib/dbus");
        using (dbus)
        {
            if (dbus is not null && Libc.TryStatx(dbus, "machine-id", out var stat) && (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG)
            {
                GuestRoot.Remove(root, "var/lib/dbus/machine-id");
            }
        }

        using var ssh = GuestRoot.TryOpenDirectory(root, "etc/ssh");
        var keys = ssh is null ? [] : DirectoryReader.Read(ssh).Select(e => e.Name).Where(n => n.StartsWith("ssh_host_", StringComparison.Ordinal)).ToList();
        foreach (var key in keys)
        {
            GuestRoot.Remove(root, $"etc/ssh/{key}");
        }

        if (keys.Count > 0)
        {
            report.Warn("The copy has no ssh host keys: two machines must not have the same. Make new ones in it by 'ssh-keygen -A' (or 'dpkg-reconfigure openssh-server').");
        }
    }
}
