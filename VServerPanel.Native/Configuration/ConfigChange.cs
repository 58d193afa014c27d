using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Shares;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>Saves a conf file: refused with an error in it, or where another has changed it meanwhile; journalled with before and after.</summary>
internal static class ConfigChange
{
    /// <param name="name">Whose.</param>
    /// <param name="digest">What the file was when its user read it; null: whatever it is.</param>
    /// <param name="change">Gives the new file; called under the lock.</param>
    /// <param name="call">Who asked.</param>
    /// <param name="share">What a running vserver has of it at once.</param>
    public static int Run(VServerName name, string? digest, Func<ConfFile> change, Invocation call, Func<ShareChange>? share = null)
    {
        if (call.Options.Plan)
        {
            var planned = change();
            RefuseShellCode(ConfFile.Read(call.Paths.ConfOf(name)), planned, call);
            var problems = Problems(planned, name, call);
            IEnumerable<PlanStep> live = new LiveAddresses(call.Paths, name).IsConcerned(ConfFile.Read(call.Paths.ConfOf(name)), planned) ? [new PlanStep($"Give {name}, which is running, its new addresses")] : [];
            var shared = share?.Invoke();
            call.Report.Result(
                new OperationPlan([new PlanStep($"Write {call.Paths.ConfOf(name)}"), .. live, .. shared?.Step is { } step ? (PlanStep[])[step] : []], shared?.WhyLater is { } later ? [later] : [], problems),
                problems.Count == 0 ? $"It would write {call.Paths.ConfOf(name)}." : problems[0].Message);
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("configure", name) { IsJob = false }, operation =>
        {
            var path = call.Paths.ConfOf(name);
            var old = ConfFile.Read(path);
            if (digest is not null && digest != old.Digest)
            {
                throw new ProblemException(ProblemCode.Conflict, $"Another has changed '{path}' meanwhile. Read it again and make your change there.", path: path);
            }

            var file = change();
            RefuseShellCode(old, file, call);
            if (Problems(file, name, call) is [var problem, ..])
            {
                throw new ProblemException(problem.Code, problem.Message, path: path);
            }

            operation.Before = old.Text;
            operation.After = file.Text;
            var shared = share?.Invoke();
            var restart = ConfChecks.RestartNeeded(old, file).Where(k => k != ConfKeys.Shares || shared is not { IsLive: true }).ToList();
            if (shared is { IsLive: true })
            {
                shared.Apply(operation, old, file);
            }
            else if (file.Digest != old.Digest)
            {
                Save(operation, name, old, file);
            }

            if (shared?.WhyLater is { } later)
            {
                operation.Report.Warn(later);
            }

            var document = ConfChecks.Describe(file, name, call.Paths);
            return (WireProtocol.ToElement(document), restart.Count == 0 ? null : $"Takes effect at the next start of {name}: {string.Join(", ", restart)}.");
        });
    }

    private static void Save(Operation operation, VServerName name, ConfFile old, ConfFile file)
    {
        var path = operation.Paths.ConfOf(name);
        var live = new LiveAddresses(operation.Paths, name);
        if (!live.IsConcerned(old, file))
        {
            file.Write(path);
            return;
        }

        // undone in reverse: the file first, then what it says
        operation.Undo.Before(new ReapplyAddresses(name));
        operation.Undo.Before(new RestoreContent(path, old.ToBytes()));
        file.Write(path);
        FaultPoint.Reach();
        live.Apply(VServerConf.From(file).Conf, operation.Report.Warn);
        operation.Report.Info($"{name} has its new addresses.");
    }

    // We execute nothing of it, but root's own scripts may source the file, as the classic tools did.
    private static void RefuseShellCode(ConfFile old, ConfFile file, Invocation call)
    {
        if (CallerActor.IsPanel(call.Actor) && file.ShellCode.Except(old.ShellCode, StringComparer.Ordinal).FirstOrDefault() is { } code)
        {
            throw new ProblemException(
                ProblemCode.NotPermitted,
                $"The panel saves assignments only, and this is something a shell would execute: '{code.Split('\n')[0]}'. Write it as KEY=\"value\", or edit the file in a shell of the host.");
        }
    }

    private static List<ProblemEvent> Problems(ConfFile file, VServerName name, Invocation call)
    {
        var errors = ConfChecks.Findings(file, name, call.Paths).Where(f => f.IsError).ToList();
        return errors.Count == 0
            ? []
            : [new ProblemEvent(ProblemCode.InvalidConfiguration, string.Join(' ', errors.Take(5).Select(ConfChecks.Sentence)) + (errors.Count > 5 ? $" And {errors.Count - 5} more." : ""))];
    }
}
