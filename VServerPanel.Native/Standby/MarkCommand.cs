using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary><c>vserver NAME standby --of HOST</c>: for whoever keeps the copy up to date by means of his own, and for the first host when it comes back after a fail-over.</summary>
internal static class MarkCommand
{
    public static int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var of = new Option<string>("--of") { Description = "the host that the vserver really is on", HelpName = "HOST", Required = true };
        var command = new Command("standby", "Marks a stopped vserver as the standby copy of another host's. It is not started, at boot neither, until 'promote' makes it the real one.") { of };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME standby") is not { } result)
        {
            return ExitCodes.Success;
        }

        var source = CheckedHost(result.GetValue(of)!);
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep($"Note in the registry that {name} is the copy of {source}'s")], [], Refusal(call, name) is { } refusal ? [refusal.ToEvent()] : []));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("standby", name) { IsJob = false }, operation =>
        {
            if (Refusal(call, name) is { } refusal)
            {
                throw refusal;
            }

            var entry = call.Registry.FindOrAdd(name);
            operation.VServerId = entry.Id;
            call.Registry.Save(entry with { StandbyOf = source });
            var kept = new KeptStandbyStore(call.Paths);
            if (kept.Of(entry.Id) is { } standby)
            {
                // it is copied from there from now on
                kept.Change(standby.Id, s => s with { EndedAt = call.Time.GetUtcNow() });
            }

            return (null, $"{name} is the standby copy of {source}'s. It will not be started until it is promoted.");
        });
    }

    private static ProblemException? Refusal(Invocation call, VServerName name) =>
        call.Registry.Find(name) is { StandbyOf: { } source }
            ? new ProblemException(ProblemCode.AlreadyExists, $"{name} is a copy already, that of {source}'s.")
            : new RunStateStore(call.Paths).Find(name) is { } state && (state.IsAlive || state.IsOwned)
                ? new ProblemException(ProblemCode.AlreadyRunning, $"{name} is running, so it is no copy. 'vserver {name} stop' stops it.")
                : null;

    // it goes into messages and onto pages
    private static string CheckedHost(string text) => text.Length is > 0 and < 254 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        ? text
        : throw new ProblemException(ProblemCode.InvalidArgument, "Say which host the vserver really is on, by its name: --of HOST");
}
