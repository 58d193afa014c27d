using System.CommandLine;
using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Trash;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary><c>vserver NAME delete --confirm NAME [--keep DAYS | --now]</c></summary>
internal sealed class DeleteVerb : Verb
{
    public override string Name => "delete";

    public override bool OpenToPanel => true;

    public override string Usage => "--confirm NAME [--keep DAYS | --now]";

    public override string Summary => "put the vserver with all its files into the trash, or remove it for good";

    // one without a conf file may still have a tree
    public override bool NeedsExisting => false;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var confirm = new Option<string>("--confirm") { Description = "the vserver's name once more", HelpName = "NAME" };
        var keep = new Option<int?>("--keep") { Description = "days that it can be restored; TRASH_DAYS of newvserver.defaults, else 7", HelpName = "DAYS" };
        var now = new Option<bool>("--now") { Description = "for good: what is deleted cannot be brought back" };
        var command = new Command("delete", "Puts a vserver with its tree, conf file, hook script, logs and entry in the registry into the trash, from where 'vserver-trash restore' brings it back.") { confirm, keep, now };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME delete") is not { } result)
        {
            return ExitCodes.Success;
        }

        var term = TermOf(result.GetValue(keep), result.GetValue(now), call);
        var handler = new DeleteHandler(call, name, term);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        if (result.GetValue(confirm) != name.Value)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"Deleting {name} takes all its files away. Say its name once more: vserver {name} delete --confirm {name}");
        }

        return OperationRunner.Run(call, new OperationKind("delete", name) { OnFullDisk = term.Days is null ? FullDiskRule.AlwaysDo : FullDiskRule.Refuse }, operation =>
        {
            var outcome = handler.Run(operation);
            return (WireProtocol.ToElement(outcome), Sentence(name, outcome));
        });
    }

    private static TrashTerm TermOf(int? days, bool isNow, Invocation call) => (days, isNow) switch
    {
        (not null, true) => throw new ProblemException(ProblemCode.InvalidArgument, "--keep and --now exclude each other."),
        ( < 1 or > TrashTerm.MostDays, _) => throw new ProblemException(ProblemCode.InvalidArgument, $"--keep takes 1 to {TrashTerm.MostDays} days; --now deletes for good."),
        (not null, _) => new TrashTerm(days),
        (_, true) => TrashTerm.Now,
        _ => TrashTerm.OfHost(call.Paths),
    };

    private static string Sentence(VServerName name, DeleteOutcome outcome) => outcome is { TrashId: { } id, PurgeAfter: { } until }
        ? string.Create(CultureInfo.InvariantCulture, $"{name} is in the trash until {until:yyyy-MM-dd HH:mm} UTC. 'vserver-trash restore {id}' brings it back.")
        : $"{name} is deleted. {ByteSize.Format(outcome.BytesFreed)} are free again.";
}
