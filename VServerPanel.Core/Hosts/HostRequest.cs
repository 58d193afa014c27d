using System.Threading.Channels;

namespace VServerPanel.Core.Hosts;

/// <summary>A command for a host.</summary>
/// <param name="Words">What a person would type on the host, the tool first: <c>vserver web1 start</c>.</param>
/// <param name="StandardInput">Text for its standard input, if it reads any.</param>
public sealed record HostRequest(IReadOnlyList<string> Words, string? StandardInput = null)
{
    /// <summary>The id to give to the operation, 32 hex digits.</summary>
    public string? JobId { get; init; }

    /// <summary>Runs it as a job that outlives its caller; the answer comes at once.</summary>
    public bool Detach { get; init; }

    /// <summary>Asks what would be done, and does nothing.</summary>
    public bool Plan { get; init; }

    /// <summary>For whom it is run; null where nothing is changed.</summary>
    public Caller? Caller { get; init; }

    /// <summary>It goes on until it is hung up on. Its standard input stays open as long as somebody reads: the end of it is the sign to end, since the panel
    /// may not signal a process of root's.</summary>
    public bool IsStream { get; init; }

    /// <summary>How long its answer may take. No limit for a stream: who reads it looks after its silence.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Lines for its standard input as they come; the end of them is the end of it.</summary>
    public ChannelReader<string>? InputLines { get; init; }

    /// <summary>The words for the one command that a transport may run, <c>vserver</c>, with the options that every tool takes.</summary>
    public IReadOnlyList<string> CommandLine()
    {
        var words = new List<string>();
        if (Words[0] is not "vserver")
        {
            words.AddRange(["--as", Words[0]]);
        }

        words.Add("--json");
        if (Plan)
        {
            words.Add("--plan");
        }

        if (Detach)
        {
            words.Add("--detach");
        }

        if (JobId is not null)
        {
            words.AddRange(["--job", JobId]);
        }

        if (Caller is { UserName.Length: > 0 })
        {
            words.AddRange(["--actor-user", Caller.UserName]);
        }

        if (Caller is { RemoteAddress.Length: > 0 })
        {
            words.AddRange(["--actor-address", Caller.RemoteAddress]);
        }

        words.AddRange(Words.Skip(1));
        return words;
    }
}
