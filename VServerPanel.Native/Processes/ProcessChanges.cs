using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Keeps what was told of processes, and finds what is worth telling again.</summary>
internal sealed class ProcessChanges
{
    // what nobody sees on a page is no change: it would only keep lines flowing
    private const double LeastSeconds = 0.1;
    private const double LeastPercent = 1;
    private const long LeastBytes = 1 << 20;

    private readonly Dictionary<int, (ProcessInfo Info, int Round)> _told = [];
    private int _round;

    /// <summary>What must be told of a new look; it counts as told then.</summary>
    public (IReadOnlyList<ProcessGone> Gone, IReadOnlyList<ProcessInfo> Changed) Take(IEnumerable<ProcessInfo> all)
    {
        _round++;
        var gone = new List<ProcessGone>();
        var changed = new List<ProcessInfo>();
        foreach (var now in all)
        {
            var isTold = _told.TryGetValue(now.Pid, out var told);
            if (isTold && told.Info.StartTicks != now.StartTicks)
            {
                gone.Add(new ProcessGone(now.Pid, told.Info.StartTicks));
                isTold = false;
            }

            var isChange = !isTold || IsChange(told.Info, now);
            if (isChange)
            {
                changed.Add(now);
            }

            _told[now.Pid] = (isChange ? now : told.Info, _round);
        }

        foreach (var (pid, told) in _told)
        {
            if (told.Round != _round)
            {
                gone.Add(new ProcessGone(pid, told.Info.StartTicks));
                _told.Remove(pid);
            }
        }

        return (gone, changed);
    }

    internal static bool IsChange(ProcessInfo before, ProcessInfo now) =>
        Math.Abs(now.CpuSeconds - before.CpuSeconds) >= LeastSeconds
        || Math.Abs(now.CpuPercent - before.CpuPercent) >= LeastPercent
        || (now.CpuPercent == 0 && before.CpuPercent != 0)
        || Math.Abs(now.ResidentBytes - before.ResidentBytes) >= LeastBytes
        || before != now with
        {
            CpuSeconds = before.CpuSeconds,
            CpuPercent = before.CpuPercent,
            ResidentBytes = before.ResidentBytes,
            VirtualBytes = before.VirtualBytes,
            StartedAt = before.StartedAt,

            // a process that waits most of the time is seen running now and then
            State = now.State is "R" or "S" && before.State is "R" or "S" ? before.State : now.State,
        };
}
