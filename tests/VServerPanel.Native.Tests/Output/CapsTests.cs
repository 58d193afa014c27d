using VServerPanel.Native.Output;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Output;

public sealed class CapsTests
{
    [Fact]
    public void CappedLines_TooManyLines_EndWithOneLineThatSaysSo()
    {
        List<string> lines = [];
        var capped = new CappedLines(lines.Add);
        for (var i = 0; i < 20_000; i++)
        {
            capped.Add("y");
        }

        Assert.Equal(10_001, lines.Count);
        Assert.Contains("dropped", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("dropped", lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void CappedLines_TooMuchText_EndsWithOneLineThatSaysSo()
    {
        List<string> lines = [];
        var capped = new CappedLines(lines.Add);
        for (var i = 0; i < 40; i++)
        {
            capped.Add(new string('y', 1 << 16));
        }

        Assert.Equal(17, lines.Count);
        Assert.Contains("dropped", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void CappedReporter_TooMuch_KeepsProgressAndResult()
    {
        var kept = new RecordingReporter();
        var reporter = new CappedReporter(kept, mostCharacters: 1000);
        for (var i = 0; i < 100; i++)
        {
            reporter.ProgramOutput(new string('y', 100));
        }

        reporter.Progress(2, 3, "on");
        reporter.Result();
        Assert.InRange(kept.All<LogEvent>().Count(), 2, 10);
        Assert.Single(kept.All<LogEvent>(), l => l.Level == LogEvent.Warning);
        Assert.IsType<ProgressEvent>(kept.Events[^2]);
        Assert.IsType<ResultEvent>(kept.Events[^1]);
    }

    [Fact]
    public void HumanReporter_EscapeSequences_DoNotReachTheTerminal()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var reporter = new HumanReporter(output, error, silent: false);
        reporter.Info("name \u001b]0;owned\u0007");
        reporter.Warn("warn \u009b31m");
        reporter.Progress(1, 2, "title \u001b[2J");
        reporter.Write(new ResultEvent(null), "a\tb\nc \u001b[31m");
        new HumanReporter(output, error, silent: false).Write(new ProblemEvent(ProblemCode.Conflict, "file \u001b[31m"));
        Assert.StartsWith("a\tb\nc ", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(output.ToString() + error, c => c is '\u001b' or '\u0007' or '\u009b');
        Assert.Contains("file ", error.ToString(), StringComparison.Ordinal);
    }
}
