using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Guests;

/// <summary>Asks a guest's own program, inside the guest. It may be the guest's idea of that program, write without end, or never end itself.</summary>
internal static class GuestQuery
{
    private const int LongestError = 200;

    /// <summary>Runs it to its end.</summary>
    /// <param name="session">The vserver.</param>
    /// <param name="title">What it is called in a problem's message.</param>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="patience">How long it may take; then it is killed.</param>
    /// <param name="mostCharacters">What is longer is not believed.</param>
    /// <param name="onLine">Told each line.</param>
    /// <param name="onErrorLine">Told each line of its error output.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>Its exit code, 128 plus the signal that ended it; and the last line of its error output, for people.</returns>
    /// <exception cref="ProblemException">CommandFailed: it wrote more than that.</exception>
    public static (int ExitCode, string Error) Run(GuestSession session, string title, IReadOnlyList<string> words, TimeSpan patience, long mostCharacters, Action<string> onLine, Action<string> onErrorLine, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var characters = 0L;
        var error = "";
        var code = session.Run(words, [], patience, TakeLine, TakeError, TimeSpan.Zero, enough.Token);
        cancel.ThrowIfCancellationRequested();
        return enough.IsCancellationRequested
            ? throw new ProblemException(ProblemCode.CommandFailed, $"The answer of '{title}' in the vserver is longer than {mostCharacters >> 20} MiB: it is not believed.")
            : (code, Told(error));

        void TakeLine(string line)
        {
            characters += line.Length + 1;
            if (characters > mostCharacters)
            {
                enough.Cancel();
                return;
            }

            onLine(line);
        }

        void TakeError(string line)
        {
            error = string.IsNullOrWhiteSpace(line) ? error : line;
            onErrorLine(line);
        }
    }

    /// <summary>A line of its error output as it may be shown.</summary>
    public static string Told(string line) => ReporterExtensions.Printable(line.Length > LongestError ? line[..LongestError] + "…" : line);
}
