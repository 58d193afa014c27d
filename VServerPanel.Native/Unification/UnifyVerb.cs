using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary><c>vserver NAME unify [OTHER…]</c></summary>
internal sealed class UnifyVerb : Verb
{
    public override string Name => "unify";

    public override bool OpenToPanel => true;

    public override string Usage => "[OTHER…] [-- PKG…|ALL]";

    public override string Summary => "share its files with those of others: the named, those of last time, or all";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var (own, packages) = ArgumentParser.Part(arguments);
        var options = new UnifyOptions();
        var others = new Argument<string[]>("OTHER…") { Description = "With whom.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("unify", "Shares equal files with other vservers: with OTHER…, else with those of last time, else with all. Without '-- PKG…' or '-- ALL' by content.") { others };
        options.AddTo(command);
        if (ArgumentParser.Parse(command, own, "vserver NAME unify", "[OTHER…] [-- PKG…|ALL]") is not { } result)
        {
            return ExitCodes.Success;
        }

        IReadOnlyList<VServerName> with = [.. result.GetValue(others)!.Select(ArgumentParser.VServerNameOf)];
        if (with.Count == 0)
        {
            with = [.. UnificationState.Find(call.Paths, call.Registry, name)?.With.Where(call.Registry.Exists) ?? []];
        }

        if (with.Count == 0)
        {
            with = call.Registry.Names();
        }

        return UnificationCommand.Unify(call, options.Read(result, [name, .. with.Where(v => v != name).Distinct()], packages), isTest: false);
    }
}

/// <summary><c>vserver NAME deunify</c></summary>
internal sealed class DeunifyVerb : Verb
{
    public override string Name => "deunify";

    public override bool OpenToPanel => true;

    public override string Usage => "[-- PKG…|ALL]";

    public override string Summary => "give it files of its own for those that it shares";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var (own, packages) = ArgumentParser.Part(arguments);
        var options = new UnifyOptions();
        var command = new Command("deunify", "Gives the vserver files of its own for those that it shares with others (of packages: for theirs), as far as they fit on the disk.");
        options.AddToUndo(command);
        if (ArgumentParser.Parse(command, own, "vserver NAME deunify", "[-- PKG…|ALL]") is not { } result)
        {
            return ExitCodes.Success;
        }

        var request = options.ReadUndo(result, [name], packages);
        return UnificationCommand.Separate(call, request, ["vserver", name.Value, "deunify", .. UnificationCommand.WordsOfUndo(request, [])]);
    }
}
