using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary><c>vserver NAME build</c></summary>
internal sealed class BuildVerb : Verb
{
    public override string Name => "build";

    public override bool OpenToPanel => true;

    public override string Usage => "[--method M …]";

    public override string Summary => "make a new vserver";

    public override bool NeedsExisting => false;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var options = new BuildOptions();
        var command = new Command("build", "Makes a new vserver: its tree, its conf file, its entry in the registry.");
        options.AddTo(command);
        return ArgumentParser.Parse(command, arguments, "vserver NAME build") is { } result
            ? BuildOperation.Run(call, options.Read(result, name, BuildDefaults.Read(call.Paths)))
            : ExitCodes.Success;
    }
}
