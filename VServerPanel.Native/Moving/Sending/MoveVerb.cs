using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary><c>vserver NAME move --to PEER …</c></summary>
internal sealed class MoveVerb : Verb
{
    private const int DefaultKeepDays = 7;
    private const int MostKeepDays = 3650;

    public override string Name => "move";

    public override bool OpenToPanel => true;

    public override string Usage => "--to HOST";

    public override string Summary => "move the vserver to another host; what is here is kept disabled for some days";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var to = new Option<string>("--to") { Description = "the other host, as 'vserver-hosts list' names it", Required = true };
        var bandwidth = new Option<long?>("--bandwidth") { Description = "at most so many bytes a second" };
        var checksums = new Option<bool>("--checksums") { Description = "compare contents, too, while the vserver is stopped; else names, attributes, sizes and times are" };
        var keep = new Option<int>("--keep") { Description = "days that this host keeps its copy", DefaultValueFactory = _ => DefaultKeepDays };
        var unify = new Option<bool>("--unify") { Description = "share its files with those of the vservers there, when it has arrived" };
        var noStart = new Option<bool>("--no-start") { Description = "do not start it there" };
        var command = new Command("move", "Moves the vserver to another host. It is copied while it runs, stopped, copied again, compared, and started there.") { to, bandwidth, checksums, keep, unify, noStart };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME move") is not { } result)
        {
            return ExitCodes.Success;
        }

        if (result.GetValue(bandwidth) is < 1024 || result.GetValue(keep) is < 0 or > MostKeepDays)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"--bandwidth takes 1024 bytes a second or more, --keep up to {MostKeepDays} days.");
        }

        var peer = new PeerStore(call.Paths).Require(result.GetRequiredValue(to)).Name;
        var choices = new MoveChoices(result.GetValue(bandwidth), result.GetValue(checksums), result.GetValue(keep), !result.GetValue(noStart), result.GetValue(unify));
        if (new OutgoingStore(call.Paths).List().FirstOrDefault(m => m.VServer == name && m.State == OutgoingState.Copying) is { } open)
        {
            throw new ProblemException(ProblemCode.Conflict, $"A move of {name} to {open.Peer} has not ended. 'vserver-moves resume {open.Id}' goes on with it, 'vserver-moves take-back {open.Id}' gives it up.");
        }

        if (call.Options.Plan)
        {
            Tell(call, name, peer, choices);
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("move", name) { IsLocked = false }, operation =>
        {
            var entry = call.Registry.AddIfExists(name) ?? throw ProblemException.NoSuchVServer(name);
            var move = new OutgoingMove(Guid.NewGuid().ToString("n"), name, entry.Id, peer, choices, call.Time.GetUtcNow());
            return Answer(new MoveHandler(call, move).Run(operation), name);
        });
    }

    internal static (System.Text.Json.JsonElement?, string?) Answer(MoveOutcome outcome, VServerName name) => (
        WireProtocol.ToElement(outcome),
        $"{name} is on {outcome.Peer} now.{(outcome.DowntimeMilliseconds is { } down ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" It was down for {down / 1000.0:0.0} s.") : "")} What was here is kept until {outcome.KeptUntil:u}: 'vserver-moves list' shows it.");

    private static void Tell(Invocation call, VServerName name, string peer, MoveChoices choices)
    {
        var checks = new MoveChecks(call, new MoveTarget(call, peer));
        checks.Begin();
        var (request, size) = MoveChecks.Measure(call, name, call.Registry.IdOf(name) ?? Guid.NewGuid(), Guid.NewGuid().ToString("n"));
        checks.Run(request);
        var runs = new Lifecycle.RunStateStore(call.Paths).FindRunning(name) is not null;
        string[] steps =
        [
            $"Copying '{call.Paths.TreeOf(name)}' to {peer}{(runs ? " while it runs, and again as long as much of it changes meanwhile" : "")}",
            .. runs ? [$"Stopping {name}"] : Array.Empty<string>(),
            "Copying what has changed",
            choices.Checksums ? "Comparing both trees with their contents" : "Comparing names, attributes, sizes and times of both trees",
            $"Taking {name} out of its place here, and telling {peer} to put it in its place there",
            .. runs && choices.Start ? [$"Starting {name} on {peer}"] : Array.Empty<string>(),
            .. choices.Unify ? [$"Sharing its files with those of the vservers on {peer}, as a job there"] : Array.Empty<string>(),
            choices.KeepDays == 0 ? "Keeping the copy here until 'vserver-jobs recover' or the next boot" : $"Keeping the copy here, disabled, for {choices.KeepDays} days",
        ];
        var plan = new MovePlan
        {
            To = peer,
            Steps = [.. steps.Select(s => new PlanStep(s))],
            Checks = checks.Checks,
            Warnings = [.. checks.Checks.Where(c => c.State == CheckState.Warning).Select(c => c.Remedy is null ? c.Found : $"{c.Found} {c.Remedy}")],
            Problems = checks.Refusal is { } refusal ? [refusal.ToEvent()] : [],
            LeftOut = ["Its console logs stay here.", .. Path.Exists(call.Paths.HookOf(name)) ? [$"'{call.Paths.HookOf(name)}', its hook script, stays here, as '{KeptHook.PathOf(call.Paths, name)}'."] : Array.Empty<string>(), .. ConfToSend.Read(call.Paths, name).LeftOut.Select(s => $"It does not see '{s.Source}' of this host there ({s}).")],
            Bytes = size.Bytes,
            Files = size.Entries,
            BytesNeeded = size.Bytes,
            BytesFree = checks.BytesFree,
            Command = call.Words,
        };
        foreach (var step in plan.Steps)
        {
            call.Report.Item(ItemKinds.PlanStep, step, step.Title);
        }

        foreach (var warning in plan.Warnings)
        {
            call.Report.Warn(warning);
        }

        call.Report.Result(plan, plan.Problems.Count == 0 ? null : "It would be refused: " + plan.Problems[0].Message);
    }
}
