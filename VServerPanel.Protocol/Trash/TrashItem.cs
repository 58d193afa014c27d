namespace VServerPanel.Protocol;

/// <summary>A vserver that was deleted and can be restored: an item <c>trash-item</c> of <c>vserver-trash list</c>.</summary>
/// <param name="Id">What restore and purge take: 32 hex digits.</param>
/// <param name="Name">The name it had.</param>
/// <param name="VServerId">Its stable id, if it had one.</param>
/// <param name="DeletedAt">UTC.</param>
/// <param name="PurgeAfter">From then on it may be removed for good (UTC).</param>
/// <param name="DeletedBy">Who deleted it.</param>
/// <param name="Addresses">Of its conf file.</param>
/// <param name="OnBoot">Whether it starts at boot once it is restored.</param>
/// <param name="BytesFreed">What purging it frees, as last measured; null where it never was.</param>
/// <param name="NameIsTaken">Whether a vserver has its name by now: restoring needs another one.</param>
/// <param name="AddressClashes">Its addresses that others have by now, each as a sentence.</param>
/// <param name="Description">Of its conf file.</param>
public sealed record TrashItem(
    string Id,
    VServerName Name,
    Guid? VServerId,
    DateTimeOffset DeletedAt,
    DateTimeOffset PurgeAfter,
    Actor DeletedBy,
    IReadOnlyList<string> Addresses,
    bool OnBoot,
    long? BytesFreed,
    bool NameIsTaken,
    IReadOnlyList<string> AddressClashes,
    string Description = "");

/// <summary>The result of <c>vserver-trash restore</c>.</summary>
/// <param name="VServer">The name it has now.</param>
/// <param name="Warnings">Addresses that others have, that it starts at boot …</param>
public sealed record RestoreOutcome(VServerName VServer, IReadOnlyList<string> Warnings);

/// <summary>The result of <c>vserver-trash purge</c>.</summary>
/// <param name="Purged">Names of those that are gone for good.</param>
/// <param name="BytesFreed">Room on the disk that is free again, as far as measured.</param>
public sealed record PurgeOutcome(IReadOnlyList<VServerName> Purged, long BytesFreed);
