using System.Globalization;
using System.Text;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>All processes of the host and its contexts, again and again. A context in which nothing ran since the last time costs one small read.</summary>
internal sealed class ProcessScanner(HostPaths paths, TimeProvider time)
{
    // USER_HZ, 100 on every architecture of ours
    private const double TicksPerSecond = 100;
    private static readonly TimeSpan s_young = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(30);

    private readonly ContextTable _contexts = new(paths, time);
    private readonly UserNames _users = new(paths);
    private readonly Dictionary<int, Known> _known = [];
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly DateTimeOffset _boot = time.GetUtcNow() - ReadUptime();
    private long _wholeAt;
    private long _scannedAt;
    private int _round;

    private sealed class Known
    {
        public required ProcessInfo Info { get; set; }

        public required ProcessContext Context { get; set; }

        public long ReadAt { get; set; }

        public int Round { get; set; }
    }

    private sealed class Group
    {
        public string Usage { get; set; } = "";

        public List<int> Pids { get; set; } = [];
    }

    /// <summary>Looks once more.</summary>
    public IEnumerable<ProcessInfo> Scan()
    {
        var now = time.GetTimestamp();
        var isWhole = _round == 0 || time.GetElapsedTime(_wholeAt, now) >= s_whole;
        if (isWhole)
        {
            _users.Forget();
            _wholeAt = now;
        }

        _round++;
        _scannedAt = now;
        foreach (var context in _contexts.List())
        {
            ScanContext(context, isWhole);
        }

        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(directory.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && !(_known.TryGetValue(pid, out var known) && known.Round == _round))
            {
                Look(pid, null, isWhole);
            }
        }

        foreach (var (pid, known) in _known)
        {
            if (known.Round != _round)
            {
                _known.Remove(pid);
            }
        }

        return _known.Values.Select(k => k.Info);
    }

    private void ScanContext(ProcessContext context, bool isWhole)
    {
        if (!_groups.TryGetValue(context.Cgroup, out var group))
        {
            _groups[context.Cgroup] = group = new Group();
        }

        // whatever a process does, to end included, takes processor time, which its group counts by the nanosecond
        var usage = ReadUsage(context);
        if (usage.Length > 0 && usage == group.Usage && !isWhole)
        {
            foreach (var pid in group.Pids)
            {
                KeepIdle(pid);
            }

            return;
        }

        group.Usage = usage;
        group.Pids = _contexts.Cgroups.Processes(context.Cgroup);
        foreach (var pid in group.Pids)
        {
            Look(pid, context, isWhole);
        }
    }

    private void KeepIdle(int pid)
    {
        if (_known.TryGetValue(pid, out var known))
        {
            known.Round = _round;
            known.ReadAt = _scannedAt;
            if (known.Info.CpuPercent != 0)
            {
                known.Info = known.Info with { CpuPercent = 0 };
            }
        }
    }

    /// <param name="pid">Which.</param>
    /// <param name="context">Its context; null: none that was asked named it.</param>
    /// <param name="isWhole">Whether what seldom changes is read again too.</param>
    private void Look(int pid, ProcessContext? context, bool isWhole)
    {
        if (ProcessTable.Read(pid, _buffer) is not { } stat)
        {
            return;
        }

        var known = _known.GetValueOrDefault(pid);
        var isSame = known is not null && known.Info.StartTicks == stat.StartTicks;

        // one that was made while we looked, or has come out of a context, is in no list
        context ??= isSame && known!.Context.IsHost && !isWhole ? ProcessContext.Host : _contexts.Of(pid);
        if (context is null)
        {
            return;
        }

        var startedAt = _boot + TimeSpan.FromSeconds(stat.StartTicks / TicksPerSecond);
        var isSettled = isSame && !isWhole && known!.Context == context && known.Info.Name == stat.Name && time.GetUtcNow() - startedAt > s_young;
        var info = isSettled ? known!.Info : Describe(stat, context, startedAt);
        if (info is null)
        {
            return;
        }

        var seconds = (stat.UserTicks + stat.SystemTicks) / TicksPerSecond;
        var span = isSame ? time.GetElapsedTime(known!.ReadAt, _scannedAt).TotalSeconds : (time.GetUtcNow() - startedAt).TotalSeconds;
        var spent = isSame ? seconds - known!.Info.CpuSeconds : seconds;
        _known[pid] = new Known
        {
            Context = context,
            ReadAt = _scannedAt,
            Round = _round,
            Info = info with
            {
                Parent = stat.Parent,
                State = stat.State.ToString(),
                CpuSeconds = seconds,
                CpuPercent = span > 0 ? Math.Round(Math.Max(0, 100 * spent / span), 1) : 0,
                VirtualBytes = stat.VirtualBytes,
                ResidentBytes = stat.ResidentPages * ProcessTable.PageSize,
            },
        };
    }

    private ProcessInfo? Describe(ProcessStat stat, ProcessContext context, DateTimeOffset startedAt)
    {
        if (ProcessDetails.Read(stat.Pid, _buffer) is not { } details)
        {
            return null;
        }

        var uid = context.InnerId(details.Uid);
        var name = Output.ReporterExtensions.Printable(stat.Name);
        return new ProcessInfo
        {
            Pid = stat.Pid,
            StartTicks = stat.StartTicks,
            InnerPid = context.IsHost ? null : details.InnerPid,
            VServer = context.VServer,
            Context = context.Number,
            Uid = uid,
            User = _users.Find(context, uid),
            StartedAt = startedAt,
            Name = name,
            CommandLine = details.CommandLine.Length > 0 ? details.CommandLine : $"[{name}]",
        };
    }

    private string ReadUsage(ProcessContext context)
    {
        var cgroups = _contexts.Cgroups;
        var path = cgroups.PathOf("cpuacct", context.Cgroup) + (cgroups.IsUnified ? "/cpu.stat" : "/cpuacct.usage");
        try
        {
            using var file = Libc.open(path, Libc.O_RDONLY);
            return Encoding.ASCII.GetString(_buffer, 0, RandomAccess.Read(file, _buffer, 0));
        }
        catch (IOException)
        {
            return "";
        }
    }

    // proc(5), /proc/uptime: 350735.47 234388.90
    private static TimeSpan ReadUptime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
}
