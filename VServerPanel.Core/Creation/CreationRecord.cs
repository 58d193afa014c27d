namespace VServerPanel.Core.Creation;

/// <summary>A vserver that this panel has had built, and what is to follow once it is. Kept until done, over restarts of the panel.</summary>
internal sealed class CreationRecord
{
    public required string BuildJobId { get; init; }

    /// <summary>Id that the job which starts it will have; null where it is not to be started.</summary>
    public string? StartJobId { get; init; }

    public required string Host { get; init; }

    public required string VServer { get; init; }

    public Guid? TenantId { get; init; }

    public required string UserId { get; init; }

    public required string UserName { get; init; }

    public string? RemoteAddress { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>When all that was to follow was done, or the build had failed; null until then.</summary>
    public DateTimeOffset? CompletedAt { get; set; }

    public Caller Caller => new(UserId, UserName, RemoteAddress);
}
