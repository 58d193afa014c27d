using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>Something to be done on the host.</summary>
/// <param name="Name">As in the audit history: start, stop, build …</param>
/// <param name="VServer">The vserver it is done to.</param>
/// <param name="Words">The exact command, the tool first.</param>
public sealed record Operation(string Name, VServerName? VServer, IReadOnlyList<string> Words)
{
    public string Id { get; init; } = JobId.New();

    /// <summary>Its stable id, where the directory does not have it under that name: one that is not here now.</summary>
    public Guid? VServerId { get; init; }

    public string? StandardInput { get; init; }

    /// <summary>Configuration before and after, where it is what is changed.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }

    /// <summary>What else the audit history should say.</summary>
    public string? Detail { get; init; }
}
