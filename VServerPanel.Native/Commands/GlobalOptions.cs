using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>Options that every tool takes.</summary>
internal sealed record GlobalOptions
{
    /// <summary>Words of the wire on stdout instead of text.</summary>
    public bool Json { get; init; }

    public bool Silent { get; init; }

    /// <summary>Do not touch network devices.</summary>
    public bool NoDevices { get; init; }

    /// <summary>Say what would be done, and do nothing.</summary>
    public bool Plan { get; init; }

    /// <summary>Go on as a job of its own, and answer at once.</summary>
    public bool Detach { get; init; }

    /// <summary>This process is the job that <c>--detach</c> started.</summary>
    public bool IsWorker { get; init; }

    /// <summary>Id for the operation, 32 hex digits.</summary>
    public string? JobId { get; init; }

    public string? ActorUser { get; init; }

    public string? ActorAddress { get; init; }

    /// <summary>Takes the global options out of <paramref name="words"/>, up to the first word that is none (<paramref name="leadingOnly"/>) or anywhere before <c>--</c>.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static (GlobalOptions Options, List<string> Remaining) Take(GlobalOptions start, IReadOnlyList<string> words, bool leadingOnly)
    {
        var options = start;
        var rest = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            var next = options.With(word, i + 1 < words.Count ? words[i + 1] : null, out var used);
            if (used > 0)
            {
                options = next;
                i += used - 1;
            }
            else if (leadingOnly || word == "--")
            {
                rest.AddRange(words.Skip(i));
                break;
            }
            else
            {
                rest.Add(word);
            }
        }

        return (options, rest);
    }

    private GlobalOptions With(string word, string? value, out int used)
    {
        used = 1;
        switch (word)
        {
            case "--json": return this with { Json = true };
            case "--silent": return this with { Silent = true };
            case "--nodev": return this with { NoDevices = true };
            case "--plan": return this with { Plan = true };
            case "--detach": return this with { Detach = true };
            case "--job-worker": return this with { IsWorker = true };
            default: break;
        }

        used = 2;
        switch (word)
        {
            case "--job": return this with { JobId = CheckJobId(value) };
            case "--actor-user": return this with { ActorUser = CheckActor(word, value) };
            case "--actor-address": return this with { ActorAddress = CheckActor(word, value) };
            default:
                used = 0;
                return this;
        }
    }

    public static string CheckJobId(string? value) => value is { Length: 32 } && value.All(char.IsAsciiHexDigitLower)
        ? value
        : throw new ProblemException(ProblemCode.InvalidArgument, $"A job's id has 32 hexadecimal digits, and '{value}' is none.");

    private static string CheckActor(string word, string? value) => value is { Length: > 0 and <= 256 } && !value.Any(char.IsControl)
        ? value
        : throw new ProblemException(ProblemCode.InvalidArgument, $"{word} needs a value of 1 to 256 printable characters.");
}
