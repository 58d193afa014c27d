using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary><c>vserver NAME delete --confirm NAME</c></summary>
internal sealed class DeleteVerb : Verb
{
    public override string Name => "delete";

    public override bool OpenToPanel => true;

    public override string Usage => "--confirm NAME";

    public override string Summary => "remove the vserver with all its files, for good";

    // one without a conf file may still have a tree
    public override bool NeedsExisting => false;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var confirm = new Option<string>("--confirm") { Description = "the vserver's name once more: what is deleted cannot be brought back", HelpName = "NAME" };
        var command = new Command("delete", "Removes a vserver with its tree, conf file, hook script, logs and entry in the registry, for good.") { confirm };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME delete") is not { } result)
        {
            return ExitCodes.Success;
        }

        var handler = new DeleteHandler(call, name);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        if (result.GetValue(confirm) != name.Value)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"Deleting {name} removes all its files for good. Say its name once more: vserver {name} delete --confirm {name}");
        }

        return OperationRunner.Run(call, new OperationKind("delete", name), operation =>
        {
            var freed = handler.Run(operation);
            return (WireProtocol.ToElement(new DeleteOutcome(freed)), $"{name} is deleted. {ByteSize.Format(freed)} are free again.");
        });
    }
}
