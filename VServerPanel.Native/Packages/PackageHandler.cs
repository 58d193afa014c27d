using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Runs a package manager in many vservers: some at a time, each on its own, none kept from it by another's failure.</summary>
internal sealed class PackageHandler(Operation operation, PackageRequest request, PackageFiles files)
{
    private readonly Lock _gate = new();
    private readonly PackageRecords _records = new(operation.Paths);
    private readonly List<PackageOutcome> _outcomes = [];
    private readonly Dictionary<VServerName, Guid?> _ids = request.VServers.ToDictionary(v => v, operation.Call.Registry.IdOf);
    private bool _isThawing;
    private List<ThawedVServer> _thawed = [.. request.Thawed];

    /// <summary>What is written down of it by now.</summary>
    public PackageRecord Record => new()
    {
        Operation = operation.Id,
        Tool = request.Manager.Tool,
        Arguments = request.Arguments,
        Unifies = request.Unifies,
        StartedAt = operation.Call.Time.GetUtcNow(),
        VServers = request.VServers,
        Ids = [.. request.VServers.Select(v => _ids[v])],
        Thawed = _thawed,
        Earlier = request.Earlier,
        Outcomes = _outcomes,
    };

    /// <returns>How it went, in the order in which they were done.</returns>
    public IReadOnlyList<PackageOutcome> Run()
    {
        Save();
        _records.Prune();
        Tell();
        if (request.ChangesPackages)
        {
            Thaw();
        }

        var waiting = new Queue<VServerName>(request.VServers.Except(_outcomes.Select(o => o.VServer)));
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

    /// <summary>One after the other, before the first is worked on: one that is started for its packages would count as running, and all that share immutable files must be stopped.</summary>
    private void Thaw()
    {
        foreach (var name in request.VServers)
        {
            if (operation.Cancel.IsCancellationRequested)
            {
                break;
            }

            // one with other packages is told so when it comes to it
            if (ThawedVServer.Of(operation.Call, name) is not { } frozen || PackageTool.ProgramIn(name, request.Manager, operation.Call) is null)
            {
                continue;
            }

            // a file that is thawed when this is cut off is frozen again by who recovers it
            if (!_isThawing)
            {
                operation.Undo.Before(new FreezeShared([.. UnificationRequest.SharingImmutable(operation.Call).Select(operation.Paths.TreeOf)]));
                _isThawing = true;
            }

            // written down before: afterwards nothing tells with whom it was unified
            _thawed = [.. _thawed.Where(t => t.VServer != frozen.VServer), frozen];
            Save();
            FaultPoint.Reach();
            if (Thawing.Run(operation, request, name) is { } failure)
            {
                Add(failure);
            }
        }
    }

    private void Add(PackageOutcome outcome)
    {
        lock (_gate)
        {
            _outcomes.Add(outcome);

            // one that was put here by hand has got it by now; one that was renamed meanwhile keeps what it had
            _ids[outcome.VServer] ??= operation.Call.Registry.IdOf(outcome.VServer);
            Save();
            operation.Report.Item(ItemKinds.PackageOutcome, outcome, Describe(outcome));
            Tell();
        }
    }

    private void Tell() => operation.Report.Progress(1, request.Unifies ? 2 : 1, request.Title, _outcomes.Count, request.VServers.Count, "vservers");

    private void Save() => _records.Save(Record);

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
