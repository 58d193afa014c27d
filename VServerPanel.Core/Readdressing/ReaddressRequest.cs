using VServerPanel.Protocol;

namespace VServerPanel.Core.Readdressing;

/// <summary>Another host name and other addresses for a vserver; what is null stays.</summary>
/// <param name="VServer">Which.</param>
/// <param name="Hostname">Host name in it.</param>
/// <param name="Addresses">All that it has from then on, each <c>[device:]address[/bits]</c>.</param>
/// <param name="ChangesGuest">Whether its own files change too, not the conf file alone.</param>
public sealed record ReaddressRequest(VServerName VServer, string? Hostname, IReadOnlyList<string>? Addresses, bool ChangesGuest = true)
{
    /// <summary>Whether there is anything to change.</summary>
    public bool IsEmpty => Hostname is null && Addresses is null;

    /// <summary>The command for it. Values are joined to their options: what begins with a hyphen is no option of ours.</summary>
    public IReadOnlyList<string> Words =>
    [
        "vserver", VServer.Value, "readdress",
        .. Hostname is null ? [] : (string[])[$"--hostname={Hostname}"],
        .. (Addresses ?? []).Select(a => $"--ip={a}"),
        .. ChangesGuest ? [] : (string[])["--guest-files=no"],
    ];
}
