using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary><c>vserver NAME promote --confirm NAME --fenced</c></summary>
internal sealed class PromoteVerb : Verb
{
    public override string Name => "promote";

    public override bool OpenToPanel => true;

    public override string Usage => "--confirm NAME --fenced";

    public override string Summary => "the other host is off: make this standby copy the real one";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var confirm = new Option<string>("--confirm") { Description = "the vserver's name once more", HelpName = "NAME" };
        var fenced = new Option<bool>("--fenced") { Description = "your word that the vserver does not run on the other host, and will not come up there by itself" };
        var command = new Command("promote", "Makes a standby copy the real one: from then on it can be started here. What the original changed after the last copying is lost.") { confirm, fenced };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME promote") is not { } result)
        {
            return ExitCodes.Success;
        }

        if (call.Options.Plan)
        {
            Tell(call, name);
            return ExitCodes.Success;
        }

        if (result.GetValue(confirm) != name.Value || !result.GetValue(fenced))
        {
            var source = Copy(call, name).StandbyOf;
            throw new ProblemException(
                ProblemCode.InvalidArgument,
                $"If {name} still runs on {source}, two of it would run. Switch {source} off, or cut it off from the network; then give your word: vserver {name} promote --confirm {name} --fenced");
        }

        return OperationRunner.Run(call, new OperationKind("promote", name) { IsJob = false }, operation =>
        {
            var entry = Copy(call, name);
            operation.VServerId = entry.Id;
            call.Registry.Save(entry with { StandbyOf = null });
            return (WireProtocol.ToElement(new PromoteOutcome(entry.StandbyOf!, call.Time.GetUtcNow())), $"{name} is the real one now. 'vserver {name} start' starts it. On {entry.StandbyOf} it must not start again: mark it there as the copy before that host is connected.");
        });
    }

    private static void Tell(Invocation call, VServerName name)
    {
        var entry = call.Registry.Find(name);
        call.Report.Plan(entry is { StandbyOf: { } source }
            ? new OperationPlan(
                [new PlanStep($"Note in the registry that {name} is no copy any more")],
                [$"What {name} has changed on {source} since the last copying is lost.", $"If it still runs on {source}, or starts there again, there are two of it."],
                [])
            : new OperationPlan([], [], [NoCopy(name).ToEvent()]));
    }

    private static RegistryEntry Copy(Invocation call, VServerName name) => call.Registry.Find(name) is { StandbyOf: not null } entry ? entry : throw NoCopy(name);

    private static ProblemException NoCopy(VServerName name) => new(ProblemCode.Conflict, $"{name} is no standby copy: it is the real one already. 'vserver {name} start' starts it.");
}
