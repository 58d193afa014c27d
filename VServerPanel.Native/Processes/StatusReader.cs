using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Network;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Tells what a vserver is doing. What has not changed on disk since the last time is not read again.</summary>
internal sealed class StatusReader(HostPaths paths, TimeProvider time)
{
    private readonly CgroupTree _cgroups = CgroupTree.Detect();
    private readonly VServerRegistry _registry = new(paths, time);
    private readonly RunStateStore _states = new(paths);
    private readonly DiskUsage _disk = new(paths);
    private readonly Dictionary<VServerName, Known> _known = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>A file as it was when it was read.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct FileMark(ulong Inode, long Seconds, uint Nanoseconds, ulong Size)
    {
        public static FileMark Of(string path) => Libc.TryStatx(null, path, out var stat)
            ? new FileMark(stat.Inode, stat.Change.Seconds, stat.Change.Nanoseconds, stat.Size)
            : default;
    }

    private sealed class Known
    {
        public FileMark ConfMark { get; set; }

        public FileMark StateMark { get; set; }

        public FileMark RegistryMark { get; set; }

        public FileMark TreeMark { get; set; }

        public RunState? State { get; set; }

        public VServerStatus Settled { get; set; } = null!;

        public long VirtualBytes { get; set; }

        public int VirtualBytesOf { get; set; } = -1;

        /// <summary>What a private network's own DHCP client or administrator has set there.</summary>
        public IReadOnlyList<string> Addresses { get; set; } = [];

        public long AddressesAt { get; set; } = long.MinValue;
    }

    /// <summary>Names that have a conf file, in order.</summary>
    public IReadOnlyList<VServerName> Names() => _registry.Names();

    /// <summary>Forgets one that is gone.</summary>
    public void Forget(VServerName name) => _known.Remove(name);

    /// <summary>What it is doing now.</summary>
    /// <param name="name">Which.</param>
    /// <param name="jobs">Operations that are under way: the job of a vserver.</param>
    public VServerStatus Read(VServerName name, IReadOnlyDictionary<VServerName, string> jobs)
    {
        var known = Refresh(name);
        var (bytes, measuredAt) = _disk.Find(known.Settled.Id);
        var status = known.Settled with { DiskBytes = bytes, DiskMeasuredAt = measuredAt, JobId = jobs.GetValueOrDefault(name) };
        if (known.State is not { } state)
        {
            return status;
        }

        var isAtWork = state.IsOwned;
        if (state.Stage == RunStage.Starting)
        {
            return isAtWork ? status with { State = VServerState.Starting } : status with { Warning = status.Warning ?? "A start was cut off. 'vserver-jobs recover' clears up after it." };
        }

        if (VServerCounters.Read(_cgroups, paths.CgroupOf(name), _buffer) is not { Processes: > 0 } counters || !state.IsAlive)
        {
            return isAtWork ? status with { State = VServerState.Stopping } : status;
        }

        // the sum over all processes is dear: only when their number has changed
        if (known.VirtualBytesOf != counters.Processes)
        {
            known.VirtualBytes = ProcessTable.SumVirtualBytes(_cgroups.Processes(paths.CgroupOf(name)), _buffer);
            known.VirtualBytesOf = counters.Processes;
        }

        return status with
        {
            Addresses = status.Addresses.Count == 0 && state.Network == NetworkMode.Private ? OwnAddresses(known, state) : status.Addresses,
            State = state.Stage == RunStage.Stopping && isAtWork ? VServerState.Stopping : VServerState.Running,
            Warning = status.Warning ?? state.Warning,
            Context = state.Context,
            Profile = state.Profile,
            StartedAt = state.StartedAt,
            Processes = counters.Processes,
            VirtualBytes = known.VirtualBytes,
            ResidentBytes = counters.ResidentBytes,
            UserSeconds = counters.UserSeconds,
            SystemSeconds = counters.SystemSeconds,
        };
    }

    // a conf file without addresses says nothing of those that it has got; asking takes a thread
    private static IReadOnlyList<string> OwnAddresses(Known known, RunState state)
    {
        const int Milliseconds = 5000;
        if (Environment.TickCount64 - known.AddressesAt < Milliseconds && known.AddressesAt != long.MinValue)
        {
            return known.Addresses;
        }

        try
        {
            using var network = GuestNetwork.Of(state.Init!.Pid);
            (known.Addresses, known.AddressesAt) = (state.IsAlive ? [.. network.ListAddresses().Select(a => a.ToString())] : [], Environment.TickCount64);
        }
        catch (Exception e) when (e is IOException or Operations.ProblemException)
        {
            // it is just ending
            known.Addresses = [];
        }

        return known.Addresses;
    }

    private Known Refresh(VServerName name)
    {
        var confMark = FileMark.Of(paths.ConfOf(name));
        var stateMark = FileMark.Of(_states.PathOf(name));
        var treeMark = FileMark.Of(paths.TreeOf(name));
        var registryMark = FileMark.Of(paths.RegistryOf(name));
        if (!_known.TryGetValue(name, out var known))
        {
            _known[name] = known = new Known { VirtualBytesOf = -1 };
        }

        if (known.StateMark != stateMark)
        {
            known.StateMark = stateMark;
            known.AddressesAt = long.MinValue;
            known.State = stateMark == default ? null : _states.Find(name);
            known.VirtualBytesOf = -1;
            known.Settled = null!;
        }

        if (known.Settled is null || known.ConfMark != confMark || known.RegistryMark != registryMark || known.TreeMark.Inode != treeMark.Inode)
        {
            (known.ConfMark, known.RegistryMark, known.TreeMark) = (confMark, registryMark, treeMark);
            known.Settled = SettledStatus.Read(paths, _registry, name, hasTree: treeMark != default);
        }

        return known;
    }
}
