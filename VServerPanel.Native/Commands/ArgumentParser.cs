using System.CommandLine;
using System.CommandLine.Parsing;
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

    /// <summary>Parts what a command reads itself from what stands behind <c>--</c>; null: there is none.</summary>
    public static (IReadOnlyList<string> Own, IReadOnlyList<string>? Behind) Part(IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> own = [.. arguments.TakeWhile(a => a != "--")];
        return (own, own.Count == arguments.Count ? null : [.. arguments.Skip(own.Count + 1)]);
    }

    /// <summary>Reads <paramref name="arguments"/> by <paramref name="command"/>; null when help was asked for and has been printed.</summary>
    /// <param name="command">What there may be.</param>
    /// <param name="arguments">What there is.</param>
    /// <param name="usagePrefix">How it is called; <c>--help</c> behind it gives help.</param>
    /// <param name="usage">What stands behind the options; null: the arguments of <paramref name="command"/>. For those that read on by themselves after <c>--</c>.</param>
    /// <exception cref="ProblemException">InvalidArgument, with every fault.</exception>
    public static ParseResult? Parse(Command command, IReadOnlyList<string> arguments, string usagePrefix, string? usage = null)
    {
        if (arguments.TakeWhile(a => a != "--").Any(a => a is "--help" or "-h" or "-?"))
        {
            Console.Out.WriteLine(UsageText.Of(command, usagePrefix, usage));
            return null;
        }

        var result = command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return result.Errors.Count == 0
            ? result
            : throw new ProblemException(ProblemCode.InvalidArgument, string.Join(' ', result.Errors.Select(MessageOf)) + $" '{usagePrefix} --help' shows the usage.");
    }

    // the parser's own sentence names a type of the runtime
    private static string MessageOf(ParseError error) =>
        error.SymbolResult is OptionResult { Option: var option, Tokens: [var token] } && (option.ValueType == typeof(int) || option.ValueType == typeof(int?))
            ? $"{option.Name} is a number, and not '{token.Value}'."
            : error.Message;
}
