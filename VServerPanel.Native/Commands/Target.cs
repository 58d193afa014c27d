using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>What a command line names: a tool, or a verb on a vserver.</summary>
internal sealed record Target(GlobalOptions Options, string Title, bool NeedsRoot, bool OpenToPanel, bool OnlyReads, Func<Invocation, int> Run)
{
    private const string Main = "vserver";

    /// <summary>Reads a command line; null where only help was asked for.</summary>
    /// <exception cref="ProblemException">InvalidArgument: no such tool, verb or name.</exception>
    public static Target? Find(string programName, IReadOnlyList<string> words)
    {
        var toolName = Path.GetFileName(programName);
        IReadOnlyList<string> rest = words;

        // --as TOOL stands first or after other global options, so that sudo's one rule reaches every tool
        var (leading, tail) = GlobalOptions.Take(new GlobalOptions(), words, leadingOnly: true);
        if (tail is ["--as", var name, ..])
        {
            (toolName, rest) = (name, [.. tail.Skip(2)]);
        }
        else
        {
            rest = tail;
        }

        return toolName == Main || ToolTable.FindTool(toolName) is null && tail is not ["--as", ..]
            ? FindVerb(leading, rest)
            : FindTool(toolName, leading, rest);
    }

    private static Target FindTool(string toolName, GlobalOptions leading, IReadOnlyList<string> rest)
    {
        var tool = ToolTable.FindTool(toolName)
            ?? throw new ProblemException(ProblemCode.InvalidArgument, $"There is no tool '{toolName}'. 'vserver --help' lists them.");
        var (options, arguments) = GlobalOptions.Take(leading, rest, tool.PassesThrough);
        return new Target(options, tool.Name, tool.NeedsRoot, tool.OpenToPanel, tool.OnlyReads, call =>
            tool.BecomesAnother && (options.Json || options.Plan || options.Detach)
                ? throw new ProblemException(ProblemCode.InvalidArgument, $"{tool.Name} becomes another program, whose answer is its own: call it without --json, --plan and --detach.")
                : tool.Run(arguments, call));
    }

    private static Target? FindVerb(GlobalOptions leading, IReadOnlyList<string> rest)
    {
        if (rest is [] or ["--help" or "-h" or "help", ..])
        {
            return null;
        }

        var name = ArgumentParser.VServerNameOf(rest[0]);
        var (options, tail) = GlobalOptions.Take(leading, [.. rest.Skip(1)], leadingOnly: true);
        if (tail.Count == 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"What is to be done with {name}? 'vserver --help' lists the verbs.");
        }

        var verb = ToolTable.FindVerb(tail[0])
            ?? throw new ProblemException(ProblemCode.InvalidArgument, $"There is no verb '{tail[0]}'. 'vserver --help' lists them.");
        (options, var arguments) = GlobalOptions.Take(options, [.. tail.Skip(1)], verb.PassesThrough);
        return new Target(options, $"vserver {name} {verb.Name}", NeedsRoot: true, verb.OpenToPanel, verb.OnlyReads, call =>
        {
            if (!verb.OnlyReads && !options.Plan)
            {
                Recovery.RunIfRenamed(call, name);
            }

            if (verb.NeedsExisting)
            {
                call.Registry.Require(name);
            }

            return verb.Run(name, arguments, call);
        });
    }
}
