using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Hands on what an operation on one of several vservers logs, behind its name, and nothing that would end or begin the answer.</summary>
internal sealed class PrefixedReporter(IReporter all, VServerName name) : IReporter
{
    public bool IsFinished => false;

    public void Write(WireEvent wireEvent, string? human = null)
    {
        if (wireEvent is LogEvent log)
        {
            all.Write(log with { Text = $"{name}: {log.Text}" });
        }
    }
}
