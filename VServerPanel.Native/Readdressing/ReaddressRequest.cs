namespace VServerPanel.Native.Readdressing;

/// <summary>What is to change; null: it stays.</summary>
/// <param name="Hostname">S_HOSTNAME.</param>
/// <param name="DomainName">S_DOMAINNAME.</param>
/// <param name="Addresses">All entries of IPROOT.</param>
/// <param name="ChangesGuest">Whether the vserver's own files are changed too.</param>
internal sealed record ReaddressRequest(string? Hostname, string? DomainName, IReadOnlyList<string>? Addresses, bool ChangesGuest);
