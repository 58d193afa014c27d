namespace VServerPanel.Protocol;

/// <summary>What an <see cref="ItemEvent"/> can hold.</summary>
public static class ItemKinds
{
    /// <summary><see cref="VServerStatus"/>.</summary>
    public const string VServer = "vserver";

    /// <summary><see cref="VServerGone"/>, in <c>vserver-stat --watch</c>.</summary>
    public const string VServerGone = "vserver-gone";

    /// <summary>In <c>--watch</c>: all that exists has been told, changes follow. Data: <c>{}</c>.</summary>
    public const string SnapshotComplete = "snapshot-complete";

    /// <summary>In streams: nothing changed, the command still lives. Data: <c>{}</c>.</summary>
    public const string Heartbeat = "heartbeat";

    /// <summary><see cref="ProcessInfo"/>.</summary>
    public const string Process = "process";

    /// <summary><see cref="ProcessGone"/>, in <c>vps --watch</c>.</summary>
    public const string ProcessGone = "process-gone";

    /// <summary><see cref="HostCapability"/>.</summary>
    public const string Capability = "capability";

    /// <summary><see cref="JobInfo"/>.</summary>
    public const string Job = "job";

    /// <summary><see cref="JournalEntry"/>.</summary>
    public const string Journal = "journal";

    /// <summary><see cref="PlanStep"/>.</summary>
    public const string PlanStep = "plan-step";

    /// <summary><see cref="BuildSource"/>.</summary>
    public const string BuildSource = "build-source";

    /// <summary>In <c>vserver NAME terminal</c>: the shell runs, input is read. Data: <c>{}</c>.</summary>
    public const string TerminalOpened = "terminal-opened";

    /// <summary><see cref="Protocol.TerminalOutput"/>.</summary>
    public const string TerminalOutput = "terminal-output";

    /// <summary><see cref="Protocol.DiskShare"/>.</summary>
    public const string DiskShare = "disk-share";

    /// <summary><see cref="Protocol.SharingAnswer"/>.</summary>
    public const string SharingAnswer = "sharing-answer";

    /// <summary><see cref="Protocol.SkippedFiles"/>.</summary>
    public const string SkippedFiles = "skipped-files";

    /// <summary><see cref="PackageInfo"/>.</summary>
    public const string Package = "package";

    /// <summary><see cref="Protocol.PackageOutcome"/>.</summary>
    public const string PackageOutcome = "package-outcome";

    /// <summary><see cref="Protocol.PackageDifference"/>.</summary>
    public const string PackageDifference = "package-difference";

    /// <summary><see cref="Protocol.MoveProgress"/>.</summary>
    public const string MoveProgress = "move-progress";

    /// <summary><see cref="MoveInfo"/>.</summary>
    public const string Move = "move";

    /// <summary><see cref="PeerInfo"/>.</summary>
    public const string Peer = "peer";

    /// <summary><see cref="Protocol.AllowedPeer"/>.</summary>
    public const string AllowedPeer = "allowed-peer";

    /// <summary><see cref="StandbyInfo"/>.</summary>
    public const string Standby = "standby";

    /// <summary><see cref="Protocol.TrashItem"/>.</summary>
    public const string TrashItem = "trash-item";

    /// <summary><see cref="Protocol.SharedDirectory"/>.</summary>
    public const string SharedDirectory = "shared-directory";
}
