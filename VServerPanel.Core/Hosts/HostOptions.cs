namespace VServerPanel.Core.Hosts;

/// <summary>Section <c>Host</c>: how the panel reaches its host.</summary>
public sealed class HostOptions
{
    public const string Section = "Host";

    /// <summary>The host's name in the directory, in jobs and in the audit history; by default the machine's.</summary>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>The words that run the <c>vserver</c> command as root; empty: <see cref="DefaultCommand"/>.</summary>
    public IList<string> Command { get; } = [];

    /// <summary><c>sudo -n /usr/sbin/vserver</c>.</summary>
    public static IReadOnlyList<string> DefaultCommand { get; } = ["sudo", "-n", "/usr/sbin/vserver"];
}
