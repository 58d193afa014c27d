using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>Ties of groups to addresses: the entries that <see cref="Ipv4Root"/> keeps for vservers, for commands of the host.</summary>
internal static class AddressTies
{
    /// <summary>Ties a group that nobody is in yet.</summary>
    /// <exception cref="ProblemException">Unsupported: this kernel does not take the programs.</exception>
    public static Ipv4RootEntry Set(HostPaths paths, string cgroup, IReadOnlyList<ConfAddress> addresses, IPAddress? broadcast, int number)
    {
        var root = new Ipv4Root(paths);
        root.Programs.Ensure();

        // a command of the host has the host's capabilities: raw sockets too, while what they send needs an own source
        var conf = new VServerConf { Addresses = addresses, Broadcast = broadcast, GivenCapabilities = ["CAP_NET_RAW"] };
        var entry = Ipv4RootEntry.From(conf, Ipv4Root.LoopbackOf(paths, number), userNamespace: 0);
        using var entries = Open(root);
        entries.Set(IdOf(root, Path.GetFileName(cgroup)), entry);
        return entry;
    }

    /// <summary>Ties a new group as the caller's is tied: who is bound to an address stays so in a new context.</summary>
    public static Ipv4RootEntry? Inherit(HostPaths paths, string cgroup)
    {
        if (Find(paths, Environment.ProcessId) is not { } entry)
        {
            return null;
        }

        var root = new Ipv4Root(paths);
        using var entries = Open(root);
        entries.Set(IdOf(root, Path.GetFileName(cgroup)), entry);
        return entry;
    }

    /// <summary>What a process is tied to; null: nothing.</summary>
    public static Ipv4RootEntry? Find(HostPaths paths, int pid)
    {
        try
        {
            var root = new Ipv4Root(paths);
            if (Libc.geteuid() != 0 || GroupOf(paths, pid) is not { } name || root.Programs.OpenEntries() is not { } entries)
            {
                return null;
            }

            using (entries)
            {
                return entries.Find(IdOf(root, name));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or ProblemException)
        {
            return null;
        }
    }

    private static PinnedMap<ulong, Ipv4RootEntry> Open(Ipv4Root root) =>
        root.Programs.OpenEntries() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs that tie commands to addresses are not loaded. 'vserver-info' says why.");

    private static ulong IdOf(Ipv4Root root, string name) => Libc.statx(null, $"{root.Programs.ParentCgroup}/{name}").Inode;

    private static string? GroupOf(HostPaths paths, int pid) => Processes.ContextTable.NameIn(File.ReadAllText($"/proc/{pid}/cgroup"), "", paths.CgroupParent);
}
