using System.Globalization;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>The command lines that keep a copy of a vserver on another host, and make a copy the real one. Pure.</summary>
public static class StandbyCommand
{
    private const int MostMinutes = 60 * 24 * 366;
    private const long LeastBytesPerSecond = 1024;

    /// <summary>The words that keep a copy.</summary>
    /// <exception cref="HostProblemException">An interval or a limit that is none.</exception>
    public static IReadOnlyList<string> KeepWords(VServerName name, StandbyRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Peer.Length == 0)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, "Choose the host that keeps the copy.");
        }

        if (request.IntervalMinutes is < 0 or > MostMinutes || request.BytesPerSecond is < LeastBytesPerSecond)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"The interval is 1 to {MostMinutes.ToString(CultureInfo.InvariantCulture)} minutes, or 0 for none, and a limit is {LeastBytesPerSecond} bytes a second or more.");
        }

        string[] limit = request.BytesPerSecond is { } rate ? ["--bandwidth", rate.ToString(CultureInfo.InvariantCulture)] : [];
        return ["vserver", name.Value, "standby", "keep", "--to", request.Peer, "--every", request.IntervalMinutes.ToString(CultureInfo.InvariantCulture), .. limit];
    }

    /// <summary>The words of one pass now.</summary>
    public static IReadOnlyList<string> CopyWords(VServerName name) => ["vserver", name.Value, "standby", "copy"];

    /// <summary>The words that end it.</summary>
    public static IReadOnlyList<string> StopWords(VServerName name) => ["vserver", name.Value, "standby", "stop"];

    /// <summary>The words that make this one the copy of another host's.</summary>
    public static IReadOnlyList<string> MarkWords(VServerName name, string peer) => ["vserver", name.Value, "standby", "--of=" + peer];

    /// <summary>The words that make a copy the real one.</summary>
    public static IReadOnlyList<string> PromoteWords(VServerName name, string? profile) =>
        ["vserver", name.Value, "promote", "--confirm", name.Value, "--fenced", .. profile is null ? Array.Empty<string>() : ["--profile", profile]];
}

/// <summary>Where a copy is kept, and how often it is brought up to date.</summary>
/// <param name="Peer">A host that this one knows, as <c>vserver-hosts list</c> names it.</param>
/// <param name="IntervalMinutes">From one copying to the next; 0: only when somebody asks for it.</param>
/// <param name="BytesPerSecond">The most that goes over the wire; null: no limit.</param>
public sealed record StandbyRequest(string Peer, int IntervalMinutes, long? BytesPerSecond);
