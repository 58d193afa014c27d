using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Keeps a job's file from filling the disk: beyond a limit, log lines are left out; progress, problems and results are always told.</summary>
internal sealed class CappedReporter(IReporter inner, long mostCharacters = 64 << 20) : IReporter
{
    // what a line of the wire has beside its text
    private const int Overhead = 64;

    private long _characters;

    public bool IsFinished => inner.IsFinished;

    public void Write(WireEvent wireEvent, string? human = null)
    {
        if (wireEvent is not LogEvent log)
        {
            inner.Write(wireEvent, human);
            return;
        }

        var before = Interlocked.Add(ref _characters, log.Text.Length + Overhead) - log.Text.Length - Overhead;
        if (before <= mostCharacters)
        {
            var isLast = before + log.Text.Length + Overhead > mostCharacters;
            inner.Write(isLast ? new LogEvent(LogEvent.Warning, "This job has written too much: the rest of its output was dropped.") : log, human);
        }
    }
}
