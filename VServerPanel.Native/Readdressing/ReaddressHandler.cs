using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary>Changes host name and addresses: the conf file, the vserver's own files, and what a running one has now. After a crash all of it is as before.</summary>
internal sealed class ReaddressHandler(Invocation call, VServerName name, ReaddressRequest request)
{
    private const int Steps = 4;

    public OperationPlan Plan()
    {
        var change = ReaddressChange.Find(call, name, request);
        var diffs = change.Diffs(call.Paths, name);
        List<PlanStep> steps = [];
        if (change.NeedsRestart)
        {
            steps.Add(new PlanStep($"Stop {name}, which is running"));
        }

        steps.AddRange(diffs.Select(d => new PlanStep($"Write {d.Path}")));
        if (change.NeedsRestart)
        {
            steps.Add(new PlanStep($"Start {name}"));
            change.Findings.Warn($"{name} is stopped and started for this: its addresses cannot be changed while it runs. If the change fails, it is started again as it was.");
        }
        else if (change.Running is not null && !change.IsNothing)
        {
            steps.Add(new PlanStep($"Give {name}, which is running, its new name and addresses"));
            change.Findings.Warn($"Services of {name} that have bound an address, or have read the host name, keep the old one until they are restarted.");
        }

        if (change.IsNothing)
        {
            change.Findings.Warn("Nothing would change.");
        }

        return new OperationPlan(steps, change.Findings.Warnings, change.Findings.Problems) { Changes = diffs };
    }

    /// <returns>What people read.</returns>
    public string Run(Operation operation)
    {
        operation.Step(1, Steps, "Checking name, addresses and files");
        var change = ReaddressChange.Find(call, name, request);
        change.Findings.ThrowIfRefused();
        foreach (var warning in change.Findings.Warnings)
        {
            operation.Report.Warn(warning);
        }

        if (change.IsNothing)
        {
            return $"Nothing changes: {name} has all of it already.";
        }

        var restarts = change.NeedsRestart;
        if (restarts)
        {
            Standby.StandbyRule.ThrowIfCopy(call.Paths, call.Registry.Find(name));
            operation.Report.Warn($"{name} is stopped and started for this: its addresses cannot be changed while it runs.");
            new StopHandler(operation, name).Run();
            operation.Undo.Continue();
        }

        try
        {
            Make(operation, change, restarts);
        }
        catch (Exception e) when (restarts && e is not OutOfMemoryException)
        {
            StartAgain(operation);
            throw;
        }

        return $"{name} has its new {string.Join(" and ", What(change))}.";
    }

    private void Make(Operation operation, ReaddressChange change, bool restarts)
    {
        (operation.Before, operation.After) = (change.Old.Text, change.Changed.Text);
        operation.Step(2, Steps, "Writing the conf file");
        if (!restarts)
        {
            // undone in reverse: the files first, then what they say
            operation.Undo.Before(new ReapplyAddresses(name));
            operation.Undo.Before(new ReapplyHostname(name));
        }

        var path = call.Paths.ConfOf(name);
        operation.Undo.Before(new RestoreContent(path, change.Old.ToBytes()));
        change.Changed.Write(path);

        operation.Step(3, Steps, $"Writing the files of {name}");
        foreach (var edit in change.Edits)
        {
            operation.Undo.Before(new RestoreGuestFile(name, edit.Path, edit.Old, edit.New));
            FaultPoint.Reach();
            if (!GuestEdits.Replace(call.Paths, name, edit.Path, edit.Old, edit.New))
            {
                throw new ProblemException(ProblemCode.Conflict, $"'/{edit.Path}' of {name} has been changed meanwhile. Nothing was changed; try again.", path: edit.Path);
            }
        }

        operation.Step(4, Steps, restarts ? $"Starting {name}" : $"Giving {name} what the files say");
        if (restarts)
        {
            new StartHandler(operation, name, StartHandler.LeaveCaller()).Run();
        }
        else if (change.Running is not null)
        {
            Apply(operation, change);
        }
    }

    /// <summary>It was stopped for a change that has failed: all is put back as it was, and it runs as it did.</summary>
    private void StartAgain(Operation operation)
    {
        if (operation.Undo.Abort().Count > 0)
        {
            // tried again, and told, by who runs the operation
            return;
        }

        try
        {
            MoveHandler.Start(call with { Report = operation.Report }, name);
            operation.Report.Warn($"{name} has been started again as it was.");
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            operation.Report.Warn($"{name} is as it was, and could not be started again: {ProblemException.ToEvent(e).Message}");
        }
    }

    private void Apply(Operation operation, ReaddressChange change)
    {
        if (change.Before.Hostname != change.After.Hostname || change.Before.DomainName != change.After.DomainName)
        {
            ReapplyHostname.Apply(call.Paths, name, change.After);
            FaultPoint.Reach();
        }

        var live = new LiveAddresses(call.Paths, name);
        if (live.IsConcerned(change.Old, change.Changed))
        {
            live.Apply(change.After, operation.Report.Warn);
        }

        operation.Report.Warn($"Services of {name} that have bound an address, or have read the host name, keep the old one until they are restarted.");
    }

    private static IEnumerable<string> What(ReaddressChange change)
    {
        if (change.Old.Get(ConfKeys.Hostname) != change.Changed.Get(ConfKeys.Hostname))
        {
            yield return "host name";
        }

        if (change.Old.Get(ConfKeys.DomainName) != change.Changed.Get(ConfKeys.DomainName))
        {
            yield return "NIS domain";
        }

        if (change.Old.Get(ConfKeys.IpRoot) != change.Changed.Get(ConfKeys.IpRoot))
        {
            yield return "addresses";
        }

        if (change.Old.Digest == change.Changed.Digest)
        {
            yield return "files";
        }
    }
}
