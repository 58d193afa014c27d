using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Renaming;

/// <summary><c>vserver NAME rename NEW</c>: stopped or running.</summary>
internal sealed class RenameVerb : Verb
{
    public override string Name => "rename";

    public override bool OpenToPanel => true;

    public override string Usage => "NEW";

    public override string Summary => "give the vserver another name; it stays the same vserver, and goes on where it runs";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var word = new Argument<string>("NEW") { Description = "The name it gets." };
        var command = new Command("rename", "Renames a vserver: tree, conf file, hook script, logs and registry entry. Its id, ids of users and host name stay; where it runs, its processes and connections go on.") { word };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME rename") is not { } result)
        {
            return ExitCodes.Success;
        }

        var target = ArgumentParser.VServerNameOf(result.GetValue(word)!);
        var handler = new RenameHandler(call, name, target);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("rename", name) { NewName = target }, operation =>
        {
            handler.Run(operation);
            return (null, $"{name} is called {target} now.");
        });
    }
}
