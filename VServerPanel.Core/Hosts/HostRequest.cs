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
}
