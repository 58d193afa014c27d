using VServerPanel.Core.Auditing;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Auditing;

internal static class Drafts
{
    public static AuditDraft Ended(string operationId) => new()
    {
        Host = "host1",
        OperationId = operationId,
        Phase = AuditPhase.Ended,
        Origin = AuditOrigin.Panel,
        Time = DateTimeOffset.UtcNow,
        User = "alice",
        Operation = "start",
        VServer = "web1",
        Command = "vserver web1 start",
        Outcome = OperationOutcome.Succeeded,
        DurationMilliseconds = 120,
    };

    public static AuditDraft Asked(string operationId) => Ended(operationId) with { Phase = AuditPhase.Asked, Outcome = null, DurationMilliseconds = null };
}
