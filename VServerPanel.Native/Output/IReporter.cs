using System.Text.Json;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Where a command says what it does and what came of it: JSON lines for programs, text for people.</summary>
internal interface IReporter
{
    /// <summary>Whether the last line has been written.</summary>
    bool IsFinished { get; }

    void Write(WireEvent wireEvent, string? human = null);
}

/// <summary>The words of <see cref="IReporter"/>.</summary>
internal static class ReporterExtensions
{
    public static void Hello(this IReporter reporter, string? jobId = null) =>
        reporter.Write(new HelloEvent(WireProtocol.Version, [], jobId));

    public static void Progress(this IReporter reporter, int step, int steps, string title, long? done = null, long? total = null, string? unit = null) =>
        reporter.Write(new ProgressEvent(step, steps, title, done, total, unit));

    public static void Info(this IReporter reporter, string text) => reporter.Write(new LogEvent(LogEvent.Info, text));

    public static void Warn(this IReporter reporter, string text) => reporter.Write(new LogEvent(LogEvent.Warning, text));

    /// <summary>A line that a program has written.</summary>
    public static void ProgramOutput(this IReporter reporter, string text) => reporter.Write(new LogEvent(LogEvent.Output, Printable(text)));

    /// <summary>A thing of a list; <paramref name="human"/> is its line for people (null: none).</summary>
    public static void Item<T>(this IReporter reporter, string kind, T value, string? human = null) =>
        reporter.Write(new ItemEvent(kind, WireProtocol.ToElement(value)), human);

    /// <summary>It worked; <paramref name="human"/> is what people read (null: nothing).</summary>
    public static void Result(this IReporter reporter, JsonElement? data = null, string? human = null) => reporter.Write(new ResultEvent(data), human);

    public static void Result<T>(this IReporter reporter, T data, string? human = null) => reporter.Write(new ResultEvent(WireProtocol.ToElement(data)), human);

    /// <summary>Control characters made harmless: a guest must not drive the terminal of who reads its output.</summary>
    public static string Printable(string text) => text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') < 0
        ? text
        : string.Concat(text.Select(c => c is '\t' ? ' ' : char.IsControl(c) ? '\ufffd' : c));

    /// <summary>As <see cref="Printable"/>, with line ends and tabs kept: for answers that are lists and tables.</summary>
    public static string PrintableLines(string text) => string.Concat(text.Select(c => c is not ('\n' or '\t') && char.IsControl(c) ? '\ufffd' : c));
}
