using System.Globalization;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>What chcontext was asked for.</summary>
internal sealed record ChcontextOptions
{
    public const int LastContext = 65535;

    /// <summary>--ctx or --xid; null: a new context.</summary>
    public int? Context { get; init; }

    public IReadOnlyList<string> GivenCapabilities { get; init; } = [];

    public IReadOnlyList<string> TakenCapabilities { get; init; } = [];

    public bool IsSecure { get; init; }

    public bool IsDisconnected { get; init; }

    public bool IsSilent { get; init; }

    public string? Hostname { get; init; }

    /// <summary>Empty: unset.</summary>
    public string? DomainName { get; init; }

    public VServerFlags Flags { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Reads the classic's options: they end with the first word that is none.</summary>
    /// <exception cref="ProblemException">InvalidArgument, Unsupported.</exception>
    public static ChcontextOptions Parse(IReadOnlyList<string> words)
    {
        var options = new ChcontextOptions();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                return Complete(options with { Command = [.. words.Skip(i + 1)] });
            }

            if (!word.StartsWith("--", StringComparison.Ordinal))
            {
                return Complete(options with { Command = [.. words.Skip(i)] });
            }

            // --ctx 5 as in 2002, --ctx=5 as everywhere since
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
            options = name switch
            {
                "--disconnect" => options with { IsDisconnected = true },
                "--secure" => options with { IsSecure = true },
                "--silent" => options with { IsSilent = true },
                "--ctx" or "--xid" => options.WithContext(Value()),
                "--cap" => options.WithCapability(Value()),
                "--flag" => options with { Flags = options.Flags | ParseFlag(Value()) },
                "--hostname" => options with { Hostname = CheckName(Value(), 64) },
                "--domainname" => options with { DomainName = Value() is { } domain && domain == "none" ? "" : CheckName(value!, 64) },
                _ => throw new ProblemException(ProblemCode.InvalidArgument, $"Invalid option {word}. 'chcontext --help' lists them."),
            };

            string Value() => value ??= ++i < words.Count ? words[i] : throw new ProblemException(ProblemCode.InvalidArgument, $"{word} needs a value.");
        }

        return Complete(options);
    }

    /// <summary>Reads a flag of S_FLAGS and --flag.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static VServerFlags ParseFlag(string word) =>
        word.All(char.IsAsciiLetterLower) && Enum.TryParse<VServerFlags>(word, ignoreCase: true, out var flag) && flag is not (VServerFlags.None or VServerFlags.Minit)
            ? flag
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{word}' is no flag. The flags are lock sched nproc private fakeinit hideinfo ulimit.");

    private ChcontextOptions WithContext(string text)
    {
        var number = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed <= LastContext
            ? parsed
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{text}' is no context. Write a number from 0 to {LastContext}.");
        return Context is { } other && other != number
            ? throw new ProblemException(ProblemCode.Unsupported, $"A process is in one context on today's kernels, and two were given: {other} and {number}. Context 1 sees all processes.")
            : this with { Context = number };
    }

    private ChcontextOptions WithCapability(string text) => text.StartsWith('!')
        ? this with { TakenCapabilities = [.. TakenCapabilities, CapabilityCeiling.Parse(text[1..])] }
        : this with { GivenCapabilities = [.. GivenCapabilities, CapabilityCeiling.Parse(text)] };

    private static ChcontextOptions Complete(ChcontextOptions options) => options.Command.Count > 0
        ? options
        : throw new ProblemException(ProblemCode.InvalidArgument, "Which command? Usage: chcontext [options] COMMAND…; 'chcontext --help' lists the options.");

    private static string CheckName(string name, int longest) => name.Length > 0 && name.Length <= longest && name.All(c => c is > ' ' and <= '~')
        ? name
        : throw new ProblemException(ProblemCode.InvalidArgument, $"'{name}' is no name. It has 1 to {longest} printable characters without blanks.");
}
