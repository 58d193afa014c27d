using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Checks;

/// <summary><c>vcheck</c>: what is installed, what could be upgraded, and what differs from a clean reference.</summary>
internal sealed class VCheckTool : Tool
{
    private readonly Option<bool> _packages = new("--packages") { Description = "list the packages of vservers (of all where none is named), and later versions in their lists" };
    private readonly Option<bool> _compare = new("--diffpkg") { Description = "compare the packages with those of REF (this is done where neither is asked for)" };
    private readonly Option<bool> _verify = new("--verify") { Description = "compare the files of equal packages with those of REF" };
    private readonly Argument<string[]> _names = new("[REF] NAME") { Arity = ArgumentArity.ZeroOrMore };

    public override string Name => "vcheck";

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override string Summary => "--packages [NAME…] | [--diffpkg] [--verify] REF NAME…: packages, and what differs from a reference";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var command = new Command(Name, "Lists packages, or tells how vservers differ from a clean reference.") { _packages, _compare, _verify, _names };
        if (ArgumentParser.Parse(command, arguments, Name) is not { } result)
        {
            return ExitCodes.Success;
        }

        List<VServerName> names = [.. (result.GetValue(_names) ?? []).Select(ArgumentParser.VServerNameOf).Distinct()];
        var (compares, verifies) = (result.GetValue(_compare), result.GetValue(_verify));
        if (result.GetValue(_packages))
        {
            return compares || verifies
                ? throw new ProblemException(ProblemCode.InvalidArgument, "--packages stands alone: it lists, and compares nothing.")
                : List(names, call);
        }

        if (names.Count < 2)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, names is [var one] ? $"{one} is the reference: name a vserver that is to be compared with it." : $"Usage: {Name} --packages [NAME…] | [--diffpkg] [--verify] REF NAME…");
        }

        var count = new PackageComparison(call, names[0], compares || !verifies, verifies).Run(names.Skip(1));
        if (!call.Options.Json && !call.Options.Silent)
        {
            call.Report.Info(count == 0 ? "No differences." : $"{count} differences.");
        }

        return ExitCodes.Success;
    }

    private static int List(List<VServerName> names, Invocation call)
    {
        var failed = new PackageList(call).Tell(names.Count > 0 ? names : call.Registry.Names());

        // of all of them, one that cannot be read is warned about; one that was asked for is a failure
        return failed == 0 || names.Count == 0 ? ExitCodes.Success : throw new ProblemException(ProblemCode.CommandFailed, $"The packages of {failed} of {names.Count} vservers could not be read.");
    }
}
