using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Text for people: answers on stdout, everything else on stderr; silent leaves only answers and problems.</summary>
internal sealed class HumanReporter(TextWriter output, TextWriter error, bool silent) : IReporter
{
    private readonly Lock _gate = new();
    private string? _lastTitle;

    public bool IsFinished { get; private set; }

    public void Write(WireEvent wireEvent, string? human = null)
    {
        lock (_gate)
        {
            if (IsFinished)
            {
                return;
            }

            IsFinished = wireEvent.IsLast;
            try
            {
                Print(wireEvent, human);
            }
            catch (IOException)
            {
                // the terminal is gone; the operation goes on
            }
        }
    }

    private void Print(WireEvent wireEvent, string? human)
    {
        switch (wireEvent)
        {
            case ProblemEvent problem:
                error.WriteLine(ReporterExtensions.PrintableLines(problem.Message));
                break;
            case ItemEvent or ResultEvent when human is not null:
                output.WriteLine(ReporterExtensions.PrintableLines(human));
                break;
            case ProgressEvent progress when !silent && !string.Equals(progress.Title, _lastTitle, StringComparison.Ordinal):
                _lastTitle = progress.Title;
                error.WriteLine($"[{progress.Step}/{progress.Steps}] {ReporterExtensions.Printable(progress.Title)}");
                break;
            case LogEvent log when !silent || log.Level == LogEvent.Warning:
                error.WriteLine((log.Level == LogEvent.Warning ? "Warning: " : "") + ReporterExtensions.PrintableLines(log.Text));
                break;
            default:
                break;
        }
    }
}
