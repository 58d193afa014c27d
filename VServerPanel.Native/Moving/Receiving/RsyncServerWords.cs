using System.Text.RegularExpressions;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>What a peer's rsync asks ours to be run with. Only what a copy pass sends is taken, and the words for our rsync are made anew from it.</summary>
internal sealed partial record RsyncServerWords(string MoveId, IReadOnlyList<string> Options)
{
    /// <summary>Reads <c>rsync --server -lHogDtpAXrSe.LsfxCIvu --bwlimit=100 --delete --numeric-ids . ID/</c>.</summary>
    /// <exception cref="ProblemException">NotPermitted: anything else, such as reading (--sender) or another place.</exception>
    public static RsyncServerWords Parse(string asked)
    {
        if (Pattern().Match(asked) is not { Success: true } match)
        {
            throw new ProblemException(ProblemCode.NotPermitted, "This key is for vservers that come from another host, and for nothing else.");
        }

        string[] options = [match.Groups["flags"].Value, .. match.Groups["option"].Captures.Select(c => c.Value).Where(o => o != InformationOnly)];
        return new RsyncServerWords(IncomingRequest.CheckId(match.Groups["id"].Value), options);
    }

    private const string InformationOnly = "--info=STATS2";

    // behind "e." stand letters by which both ends tell what they understand
    [GeneratedRegex(@"^rsync --server (?<flags>-ld?HogDtpAXr?c?R?S?e\.[A-Za-z]{1,16})( (?<option>--bwlimit=[0-9]{1,9}|--delete|--no-r|--numeric-ids|-@-1|--inplace|--info=STATS2)){1,7} \. (?<id>[0-9a-f]{32})/\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
