namespace VServerPanel.Core.Auditing;

/// <summary>Section <c>Audit</c>.</summary>
public sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Seconds between two looks into the host's journal, 1 to 3600. It is read at once, too, when a vserver's state changes or a job ends.</summary>
    public int ImportSeconds { get; set; } = 60;
}
