using System.Globalization;
using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>Ties vservers in shared network mode to their own addresses, as set_ipv4root() did: one map entry each.</summary>
internal sealed class Ipv4Root(HostPaths paths, string? objectFile = null)
{
    private readonly Ipv4RootPrograms _programs = new(paths, objectFile);

    public Ipv4RootPrograms Programs => _programs;

    /// <summary>Ties a vserver before its first process runs.</summary>
    /// <param name="name">Its cgroup must be there.</param>
    /// <param name="conf">Its addresses; a vserver without keeps only the low ports for its root.</param>
    /// <param name="initPid">Its first process. If the runtime has not put it into its version 2 cgroup, it is put there: a socket keeps the cgroup of its creation.</param>
    /// <param name="context">Unique among those that run; its private loopback comes from it.</param>
    /// <returns>Null: it is tied. Else why not, as a sentence.</returns>
    public string? Apply(VServerName name, VServerConf conf, int initPid, int context)
    {
        try
        {
            _programs.Ensure();
            var cgroup = VServerCgroup.Enter(paths, _programs, name, initPid);
            var entry = Ipv4RootEntry.From(conf, LoopbackOf(paths, context), UserNamespaceOf(initPid));
            using var entries = OpenEntries();
            entries.Set(Libc.statx(null, cgroup).Inode, entry);
            return null;
        }
        catch (Exception e) when (e is ProblemException or IOException or UnauthorizedAccessException or DllNotFoundException or FormatException)
        {
            return e.Message;
        }
    }

    /// <summary>What it costs that a vserver could not be tied, as a sentence about it without its subject.</summary>
    public static string CostOf(VServerConf conf, string whyNot)
    {
        const string LowPorts = "its root cannot bind ports below 1024";
        return conf.Addresses.Count == 0
            ? $"has not got its low ports ({LowPorts}): {whyNot}"
            : $"is not tied to its addresses (it can use every address of the host and reach its loopback, and {LowPorts}): {whyNot}";
    }

    /// <summary>Gives a running vserver other addresses. New sockets have them at once; what old ones send from an address that was taken away is dropped.</summary>
    /// <exception cref="ProblemException">NotRunning: it has no entry.</exception>
    public void Update(VServerName name, VServerConf conf)
    {
        using var entries = OpenEntries();
        var id = Libc.TryStatx(null, VServerCgroup.PathOf(paths, _programs, name), out var cgroup) ? cgroup.Inode : 0;
        if (entries.Find(id) is not { } old)
        {
            throw new ProblemException(ProblemCode.NotRunning, $"{name} is not running, or it was started without being tied to addresses.");
        }

        var loopback = new IPAddress(old.Loopback4);
        var entry = Ipv4RootEntry.From(conf, loopback, old.UserNamespace);
        if (old.IsTied != entry.IsTied)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"{name} must be started anew to be {(entry.IsTied ? "tied to addresses" : "loose")}: its open sockets are not.");
        }

        entries.Set(id, entry);
        var retracted = old.Listeners().Except(entry.Listeners()).ToHashSet();
        if (retracted.Count > 0)
        {
            _programs.CheckStandingConnections();
        }

        // listeners that were entered for an address which is no longer theirs would get its connections instead of the new owner's
        ForgetListeners(retracted);
    }

    /// <summary>Forgets every vserver whose cgroup is gone. Needs no record of its id, so it does its work after a crash too.</summary>
    public void RemoveGone()
    {
        try
        {
            if (!Directory.Exists(_programs.PinsDirectory) || _programs.OpenEntries() is not { } entries)
            {
                return;
            }

            using (entries)
            {
                // in this order: an entry is made when its cgroup is there
                var known = entries.Keys();
                var there = _programs.RunningCgroups();
                known.Where(id => !there.Contains(id)).ToList().ForEach(entries.Remove);
            }
        }
        catch (Exception e) when (e is ProblemException or IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            // no cgroup's id is ever given out twice in a boot, so an entry that stays harms nobody
        }
    }

    /// <summary>Whether it works here, asked anew and tried out.</summary>
    /// <returns>Null: it does. Else why not, as a sentence.</returns>
    public string? WhyNot() => _programs.WhyNot();

    /// <summary>A vserver's private loopback: 127.64.0.0/10 by context; below a prefix of its own 127.128.0.0/9, so that trials do not meet the host's.</summary>
    internal static IPAddress LoopbackOf(HostPaths paths, int context)
    {
        if (paths.Prefix.Length == 0)
        {
            return new IPAddress([127, (byte)(64 + ((context >> 16) & 63)), (byte)(context >> 8), (byte)context]);
        }

        var hash = byte.Parse(paths.CgroupParent.AsSpan(paths.CgroupParent.Length - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new IPAddress([127, (byte)(128 + (hash % 127)), (byte)(context >> 8), (byte)context]);
    }

    private PinnedMap<ulong, Ipv4RootEntry> OpenEntries() =>
        _programs.OpenEntries() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs that tie vservers to their addresses are not loaded. 'vserver-info' says why.");

    // proc(5), /proc/pid/ns: a link to user:[4026531837]
    private static uint UserNamespaceOf(int pid)
    {
        var guest = new FileInfo($"/proc/{pid}/ns/user").LinkTarget ?? "";
        return guest != new FileInfo("/proc/self/ns/user").LinkTarget && uint.TryParse(guest.AsSpan(guest.IndexOf('[') + 1).TrimEnd(']'), CultureInfo.InvariantCulture, out var inode) ? inode : 0;
    }

    private void ForgetListeners(HashSet<Ipv4RootListener> addresses)
    {
        if (addresses.Count > 0 && _programs.OpenListeners() is { } listeners)
        {
            using (listeners)
            {
                listeners.Keys().Where(l => addresses.Contains(l with { Port = 0 })).ToList().ForEach(listeners.Remove);
            }
        }
    }
}
