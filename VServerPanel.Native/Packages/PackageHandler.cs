using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Runs a package manager in many vservers: some at a time, each on its own, none kept from it by another's failure.</summary>
internal sealed class PackageHandler(Operation operation, PackageRequest request, PackageFiles files)
{
    private readonly Lock _gate = new();
    private readonly PackageRecords _records = new(operation.Paths);
    private readonly List<PackageOutcome> _outcomes = [];

    /// <returns>How it went, in the order in which they were done.</returns>
    public IReadOnlyList<PackageOutcome> Run()
    {
        var waiting = new Queue<VServerName>(request.VServers);
        Save();
        _records.Prune();
        Tell();
        var workers = Enumerable.Range(0, Math.Min(request.Jobs, request.VServers.Count)).Select(_ => BackgroundWork.Start(Work)).ToList();
        workers.ForEach(w => w.Wait());
        return _outcomes;

        void Work()
        {
            while (Next() is { } name)
            {
                Add(new PackageRun(operation, request, files, name).Run());
            }
        }

        VServerName? Next()
        {
            lock (_gate)
            {
                return !operation.Cancel.IsCancellationRequested && waiting.TryDequeue(out var name) ? name : null;
            }
        }
    }

    /// <summary>What went wrong, as the problem of the whole; null where nothing did.</summary>
    public static Exception? FailureOf(PackageRequest request, IReadOnlyList<PackageOutcome> outcomes, Operation operation)
    {
        var failed = request.VServers.Where(v => !outcomes.Any(o => o.VServer == v && o.Outcome == OperationOutcome.Succeeded)).ToList();
        if (failed.Count == 0)
        {
            return null;
        }

        var again = $"'{request.Manager.Tool} --retry {operation.Id}' tries {(failed.Count == 1 ? "it" : "them")} again.";
        return operation.Cancel.IsCancellationRequested
            ? new CancelledPartlyException($"It was cancelled. '{request.Title}' has not been done in {string.Join(", ", failed)}; in the others it has, and stays. {again}")
            : new ProblemException(ProblemCode.CommandFailed, $"'{request.Title}' failed in {failed.Count} of {request.VServers.Count} vservers: {string.Join(", ", failed)}. {again}");
    }

    /// <summary>Unifies what changed again, among the vservers in which it succeeded.</summary>
    public void Unify()
    {
        const string Tool = "vunify";
        var done = _outcomes.Where(o => o.Outcome == OperationOutcome.Succeeded && o.Changed.Any(c => c.After is not null)).ToList();
        var names = request.VServers.Where(v => done.Exists(o => o.VServer == v)).Select(v => v.Value).ToList();
        if (names.Count < 2)
        {
            operation.Report.Info("Nothing to unify: packages changed in fewer than two vservers.");
            return;
        }

        if (ToolTable.FindTool(Tool) is not { } tool)
        {
            operation.Report.Warn("The packages were not unified again: this build has no vunify.");
            return;
        }

        // as its administrator would call it; it is an operation of its own
        var packages = done.SelectMany(o => o.Changed).Where(c => c.After is not null).Select(c => c.Name.Split(':')[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        operation.Report.Progress(2, 2, "Unifying the packages that changed");
        try
        {
            tool.Run([.. names, "--", .. packages], operation.Call with { Report = new NestedReporter(operation.Report), Options = operation.Call.Options with { JobId = null, Detach = false } });
        }
        catch (ProblemException e)
        {
            throw new ProblemException(e.Code, $"The packages were changed, but not unified again: {e.Message}", e);
        }
    }

    private void Add(PackageOutcome outcome)
    {
        lock (_gate)
        {
            _outcomes.Add(outcome);
            Save();
            operation.Report.Item(ItemKinds.PackageOutcome, outcome, Describe(outcome));
            Tell();
        }
    }

    private void Tell() => operation.Report.Progress(1, request.Unifies ? 2 : 1, request.Title, _outcomes.Count, request.VServers.Count, "vservers");

    private void Save() => _records.Save(new PackageRecord
    {
        Operation = operation.Id,
        Tool = request.Manager.Tool,
        Arguments = request.Arguments,
        Unifies = request.Unifies,
        StartedAt = operation.Call.Time.GetUtcNow(),
        VServers = request.VServers,
        Outcomes = _outcomes,
    });

    private static string Describe(PackageOutcome outcome)
    {
        var changes = outcome.Changed.Select(c => (c.Before, c.After) switch
        {
            (null, var after) => $"{c.Name} {after} is new",
            (var before, null) => $"{c.Name} {before} is gone",
            var (before, after) => $"{c.Name} {before} → {after}",
        });
        return outcome.Outcome == OperationOutcome.Succeeded
            ? $"{outcome.VServer}: {(outcome.Changed.Count == 0 ? "done, no package changed" : string.Join("; ", changes))}"
            : $"{outcome.VServer}: {outcome.Message}";
    }
}
