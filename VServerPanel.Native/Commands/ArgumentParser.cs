using System.CommandLine;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>Reads the arguments of a verb or tool by System.CommandLine; errors and help come out as everywhere else.</summary>
internal static class ArgumentParser
{
    /// <summary>Reads the name of a vserver.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static VServerName VServerNameOf(string? text) => VServerName.TryParse(text, out var name)
        ? name
        : throw new ProblemException(ProblemCode.InvalidArgument, $"'{text}' is not a vserver name. {VServerName.Rule}");

    /// <summary>Reads <paramref name="arguments"/> by <paramref name="command"/>; null when help was asked for and has been printed.</summary>
    /// <exception cref="ProblemException">InvalidArgument, with every fault.</exception>
    public static ParseResult? Parse(Command command, IReadOnlyList<string> arguments, string usagePrefix)
    {
        if (arguments.TakeWhile(a => a != "--").Any(a => a is "--help" or "-h" or "-?"))
        {
            Console.Out.WriteLine(UsageText.Of(command, usagePrefix));
            return null;
        }

        var result = command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return result.Errors.Count == 0
            ? result
            : throw new ProblemException(ProblemCode.InvalidArgument, string.Join(' ', result.Errors.Select(e => e.Message)) + $" '{usagePrefix} --help' shows the usage.");
    }
}
