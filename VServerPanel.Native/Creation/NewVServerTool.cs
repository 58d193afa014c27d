using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary><c>newvserver --name NAME …</c>, and <c>newvserver --list-sources</c>.</summary>
internal sealed class NewVServerTool : Tool
{
    public override string Name => "newvserver";

    public override bool OpenToPanel => true;

    public override string Summary => "make a new vserver; --list-sources: what from";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var name = new Option<string>("--name") { Description = "its name", HelpName = "NAME" };
        var list = new Option<bool>("--list-sources") { Description = "list what vservers can be made from, and do nothing" };
        var options = new BuildOptions();
        var command = new Command(Name, "Makes a new vserver: its tree, its conf file, its entry in the registry.") { name, list };
        options.AddTo(command);
        if (ArgumentParser.Parse(command, arguments, Name) is not { } result)
        {
            return ExitCodes.Success;
        }

        if (result.GetValue(list))
        {
            SourceList.Tell(call);
            return ExitCodes.Success;
        }

        return VServerName.TryParse(result.GetValue(name), out var parsed)
            ? BuildOperation.Run(call, options.Read(result, parsed, BuildDefaults.Read(call.Paths)))
            : throw new ProblemException(ProblemCode.InvalidArgument, result.GetValue(name) is { } given ? $"'{given}' is not a vserver name. {VServerName.Rule}" : "Give it a name: newvserver --name NAME.");
    }
}
