using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>A package manager's run in one vserver: an operation of its own, with its lock, its entries in the journal and what undoes it.</summary>
internal sealed class PackageRun(Operation all, PackageRequest request, PackageFiles files, VServerName name)
{
    private const int MostErrorLines = 3;
    private const int Killed = 128 + Interop.Libc.SIGKILL;

    private readonly Queue<string> _errors = new();
    private IReadOnlyList<PackageChange> _changes = [];
    private string _title = request.Title;
    private int? _exitCode;

    /// <summary>Runs it; whatever happens is told in the outcome.</summary>
    public PackageOutcome Run()
    {
        var watch = Stopwatch.StartNew();
        var (outcome, message) = (OperationOutcome.Succeeded, (string?)null);
        try
        {
            var call = all.Call with { Report = new PrefixedReporter(all.Report, name), Options = all.Call.Options with { JobId = null, Detach = false } };
            call.Registry.Require(name);
            var kind = new OperationKind(request.Manager.Tool, name) { IsJob = false, Patience = TimeSpan.FromSeconds(30) };
            OperationRunner.Run(call, kind, operation =>
            {
                Change(operation);
                return (null, null);
            });
        }
        catch (OperationCanceledException)
        {
            (outcome, message) = (OperationOutcome.Cancelled, "It was cancelled. What had been installed by then stays.");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            (outcome, message) = (OperationOutcome.Failed, ProblemException.ToEvent(e).Message);
        }

        return new PackageOutcome(name, outcome, _exitCode, message, _changes, watch.ElapsedMilliseconds);
    }

    private void Change(Operation operation)
    {
        var program = RequireProgram(operation);
        _title = request.TitleFor(program);
        using var session = GuestSession.Open(operation, name);
        var before = request.Manager.Versions(session, operation.Cancel);
        var output = new CappedLines(operation.Report.ProgramOutput);
        if (request.Manager.Repair(session.Root) is { } repair)
        {
            operation.Report.Info($"An earlier change of its packages was cut off: '{string.Join(' ', repair)}' finishes it first.");
            Start(session, repair, output, operation.Cancel);
        }

        if (request.Manager.Narrow(request.Arguments, before) is not { } asked)
        {
            operation.Report.Info("It has none of these packages.");
            session.Complete();
            return;
        }

        try
        {
            var arguments = asked.Select((a, i) => files.All.TryGetValue(a, out var file) ? session.PutFile(file, string.Create(CultureInfo.InvariantCulture, $"{i}-{Path.GetFileName(a)}")) : a);
            _exitCode = Start(session, request.Manager.Command(program, [.. arguments]), output, operation.Cancel);
        }
        finally
        {
            // also where it failed or was cancelled half way
            _changes = Compare(before, request.Manager.Versions(session, CancellationToken.None));
        }

        if (!request.Manager.HasSucceeded(_exitCode ?? 0, request.Arguments))
        {
            operation.Cancel.ThrowIfCancellationRequested();
            throw new ProblemException(ProblemCode.CommandFailed, $"'{_title}' ended with exit code {_exitCode}{(_errors.Count > 0 ? ": " + string.Join(" ", _errors) : ".")}");
        }

        session.Complete();
    }

    private int Start(GuestSession session, IReadOnlyList<string> words, CappedLines output, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var code = session.Run(words, request.Manager.Environment, request.TimeOut, output.Add, TakeError, GuestSession.Grace, cancel);

        // the two clocks differ by some milliseconds
        return code != Killed || watch.Elapsed + TimeSpan.FromMilliseconds(100) < request.TimeOut
            ? code
            : throw new ProblemException(ProblemCode.TimedOut, $"'{_title}' was still running after {request.TimeOut.TotalSeconds:0} s and was ended.");

        void TakeError(string line)
        {
            output.Add(line);
            if (!string.IsNullOrWhiteSpace(line))
            {
                _errors.Enqueue(ReporterExtensions.Printable(line.Length > 300 ? line[..300] + "…" : line));
                if (_errors.Count > MostErrorLines)
                {
                    _errors.Dequeue();
                }
            }
        }
    }

    private string RequireProgram(Operation operation)
    {
        using var root = StorageCheck.OpenRoot(operation.Paths.VServers, name);
        return request.Manager.ProgramIn(root) ?? throw new ProblemException(ProblemCode.Unsupported, request.Manager.WhyNot(name, root));
    }

    private static List<PackageChange> Compare(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
    [
        .. before.Keys.Union(after.Keys, StringComparer.Ordinal)
            .Select(k => new PackageChange(k, before.GetValueOrDefault(k), after.GetValueOrDefault(k)))
            .Where(c => !string.Equals(c.Before, c.After, StringComparison.Ordinal))
            .OrderBy(c => c.Name, StringComparer.Ordinal),
    ];
}
