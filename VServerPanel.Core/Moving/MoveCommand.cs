using System.Globalization;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>The command lines that move a vserver, finish a move that was cut off, and take one back.</summary>
public static class MoveCommand
{
    /// <summary>The words of <c>vserver NAME move …</c>. Pure.</summary>
    public static IReadOnlyList<string> Words(VServerName name, MoveRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var words = new List<string> { "vserver", name.Value, "move", "--to", request.To };
        if (request.Bandwidth is { } bandwidth)
        {
            words.AddRange(["--bandwidth", bandwidth.ToString(CultureInfo.InvariantCulture)]);
        }

        if (request.Checksums)
        {
            words.Add("--checksums");
        }

        words.AddRange(["--keep", request.KeepDays.ToString(CultureInfo.InvariantCulture)]);
        if (!request.Start)
        {
            words.Add("--no-start");
        }

        if (request.Unify)
        {
            words.Add("--unify");
        }

        return words;
    }

    public static IReadOnlyList<string> ResumeWords(string moveId) => ["vserver-moves", "resume", CheckId(moveId)];

    public static IReadOnlyList<string> TakeBackWords(string moveId) => ["vserver-moves", "take-back", CheckId(moveId)];

    public static IReadOnlyList<string> PurgeWords(string moveId) => ["vserver-moves", "purge", CheckId(moveId)];

    // from a URL: must not reach a command line as an option
    private static string CheckId(string text) => text is { Length: 32 } && text.All(char.IsAsciiHexDigitLower)
        ? text
        : throw new HostProblemException(ProblemCode.NotFound, "There is no move of this id.");
}
