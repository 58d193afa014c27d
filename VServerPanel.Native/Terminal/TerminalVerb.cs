using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Terminal;

/// <summary><c>vserver --json NAME terminal [--columns N] [--rows N]</c>: a login shell of root's on a terminal whose other end is the wire.</summary>
internal sealed class TerminalVerb : Verb
{
    public override string Name => "terminal";

    public override string Usage => "[--columns N] [--rows N]";

    public override string Summary => "a login shell for a program that draws the terminal (with --json)";

    /// <summary>Who may is the panel's to say, by a right of its own; each call is in the journal.</summary>
    public override bool OpenToPanel => true;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!call.Options.Json)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "This verb is for programs: use it with --json. For people there is 'vserver NAME enter'.");
        }

        var size = new TerminalSize(80, 24);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            size = (arguments[i], i + 1 < arguments.Count && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0) switch
            {
                ("--columns", var columns) => size with { Columns = columns },
                ("--rows", var rows) => size with { Rows = rows },
                _ => throw WrongArguments(),
            };
        }

        if (!size.IsPossible)
        {
            throw WrongArguments();
        }

        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep($"Open a terminal of {size.Columns} columns and {size.Rows} rows in {name}, with a login shell of root's")], [], []));
            return ExitCodes.Success;
        }

        return TerminalHandler.Run(name, size, call);
    }

    private ProblemException WrongArguments() => new(ProblemCode.InvalidArgument, $"Usage: vserver --json NAME terminal {Usage}, with N from 1 to {TerminalSize.Most}.");
}
