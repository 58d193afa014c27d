using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Standby.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary><c>vserver NAME promote --confirm NAME --fenced [--profile P]</c></summary>
internal sealed class PromoteVerb : Verb
{
    public override string Name => "promote";

    public override bool OpenToPanel => true;

    public override string Usage => "--confirm NAME --fenced [--profile P]";

    public override string Summary => "the other host is off: make this standby copy the real one";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var confirm = new Option<string>("--confirm") { Description = "the vserver's name once more", HelpName = "NAME" };
        var fenced = new Option<bool>("--fenced") { Description = "your word that the vserver does not run on the other host, and will not come up there by itself" };
        var profile = new Option<string?>("--profile") { Description = "the profile of its conf file that it is started with from now on: backup", HelpName = "P" };
        var command = new Command("promote", "Makes a standby copy the real one: from then on it can be started here. What the original changed after the last copying is lost.") { confirm, fenced, profile };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME promote") is not { } result)
        {
            return ExitCodes.Success;
        }

        var chosen = result.GetValue(profile);
        if (call.Options.Plan)
        {
            Tell(call, name, chosen);
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
            var file = WithProfile(call, name, chosen);
            var (asOf, now) = (new KeptCopyStore(call.Paths).Of(entry.Id)?.CompleteAsOf, call.Time.GetUtcNow());
            (operation.Before, operation.After) = chosen is null ? (null, null) : (ConfFile.Read(call.Paths.ConfOf(name)).Text, file.Text);
            operation.Undo.CommitThen(new FinishPromotion(name, entry.Id, chosen, now));
            operation.Undo.Complete();
            return (
                WireProtocol.ToElement(new PromoteOutcome(entry.StandbyOf!, now, asOf)),
                $"{name} is the real one now{(asOf is { } time ? $", as it was at {time:u}" : "")}. 'vserver {name} start' starts it. On {entry.StandbyOf} it must not start again. If that host is off, let it reach this one when it boots: it asks before it starts anything, and has the copy then. If it is on and cut off: 'vserver {name} stop' and 'vserver {name} standby --of …' there, before it is connected.");
        });
    }

    private static void Tell(Invocation call, VServerName name, string? chosen)
    {
        if (call.Registry.Find(name) is not { StandbyOf: { } source } entry)
        {
            call.Report.Result(new PromotePlan { Steps = [], Problems = [NoCopy(name).ToEvent()] }, NoCopy(name).Message);
            return;
        }

        var asOf = new KeptCopyStore(call.Paths).Of(entry.Id)?.CompleteAsOf;
        List<ProblemEvent> problems = [];
        var file = ConfFile.Read(call.Paths.ConfOf(name));
        var profiles = file.Profiles;
        try
        {
            file = WithProfile(call, name, chosen);
        }
        catch (ProblemException e)
        {
            problems.Add(e.ToEvent());
        }

        string[] warnings =
        [
            asOf is { } time
                ? $"The copy is complete as of {time:u}, {StandbyAge.Of(time, call.Time.GetUtcNow())}. What {name} has changed on {source} since then is lost."
                : $"How old the copy is, or whether it is whole, is not known: it was filled by means of your own. What {name} has changed on {source} since the last copying is lost.",
            $"If it still runs on {source}, or starts there again, there are two of it.",
        ];
        var plan = new PromotePlan
        {
            Steps = [.. chosen is null ? [] : (PlanStep[])[new($"Set PROFILE=\"{chosen}\" in '{call.Paths.ConfOf(name)}'")], new($"Note in the registry that {name} is no copy any more")],
            Warnings = warnings,
            Problems = problems,
            CompleteAsOf = asOf,
            Profiles = profiles,
            Profile = VServerConf.From(file).Conf.Profile,
        };
        foreach (var step in plan.Steps)
        {
            call.Report.Item(ItemKinds.PlanStep, step, step.Title);
        }

        foreach (var warning in plan.Warnings)
        {
            call.Report.Warn(warning);
        }

        call.Report.Result(plan, problems.Count == 0 ? null : "It would be refused: " + problems[0].Message);
    }

    /// <summary>Its conf file, started with another profile.</summary>
    private static ConfFile WithProfile(Invocation call, VServerName name, string? profile)
    {
        var file = ConfFile.Read(call.Paths.ConfOf(name));
        return profile is null ? file : ProfileChoice.Make(file, profile, name);
    }

    private static RegistryEntry Copy(Invocation call, VServerName name) => call.Registry.Find(name) is { StandbyOf: not null } entry ? entry : throw NoCopy(name);

    private static ProblemException NoCopy(VServerName name) => new(ProblemCode.Conflict, $"{name} is no standby copy: it is the real one already. 'vserver {name} start' starts it.");
}
