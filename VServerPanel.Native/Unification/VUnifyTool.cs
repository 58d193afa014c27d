using System.CommandLine;
using VServerPanel.Native.Commands;

namespace VServerPanel.Native.Unification;

/// <summary><c>vunify REF V… [-- PKG…|ALL]</c></summary>
internal sealed class VUnifyTool : Tool
{
    public override string Name => "vunify";

    public override string Summary => "share equal files among vservers: by content, or by package after --";

    public override bool OpenToPanel => true;

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var (own, packages) = ArgumentParser.Part(arguments);
        var options = new UnifyOptions();
        var names = new Argument<string[]>("REF V…") { Description = "The reference vserver, and those that share with it.", Arity = ArgumentArity.OneOrMore };
        var test = new Option<bool>("--test") { Description = "say what would be done (as --plan)" };
        var undo = new Option<bool>("--undo") { Description = "give V… (or REF alone) files of their own again, for all that they share, or for some packages or directories" };
        var command = new Command("vunify", "Shares equal files among vservers. Each stays independent of the others. Without '-- PKG…' or '-- ALL' by content.") { names, test, undo };
        options.AddTo(command);
        if (ArgumentParser.Parse(command, own, "vunify", "REF V… [-- PKG…|ALL]") is not { } result)
        {
            return ExitCodes.Success;
        }

        var vservers = result.GetValue(names)!.Select(ArgumentParser.VServerNameOf).Distinct().ToList();
        if (result.GetValue(undo))
        {
            var chosen = vservers.Count > 1 ? vservers[1..] : vservers;
            var request = options.ReadUndo(result, chosen, packages);
            return UnificationCommand.Separate(result.GetValue(test) ? call with { Options = call.Options with { Plan = true } } : call, request, ["vunify", "--undo", .. UnificationCommand.WordsOfUndo(request, vservers)]);
        }

        return UnificationCommand.Unify(call, options.Read(result, vservers, packages), result.GetValue(test));
    }
}
