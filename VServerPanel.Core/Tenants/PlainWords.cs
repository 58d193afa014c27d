using VServerPanel.Core.Auditing;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

/// <summary>Says what happened as a tenant may read it: what, never who or by which command.</summary>
internal static class PlainWords
{
    /// <summary>The operations that a tenant is told of.</summary>
    public static IReadOnlyList<string> Operations { get; } = ["build", "start", "stop", "restart", "configure", "halt", "reboot", "rename", "readdress", "move"];

    /// <summary>Null where it is nothing for a tenant.</summary>
    public static string? Of(AuditEntry entry)
    {
        var succeeded = entry.Outcome is OperationOutcome.Succeeded;
        return entry.Operation switch
        {
            "build" when succeeded => "Created by hosting staff",
            "start" when IsByBoot(entry) => succeeded ? "Started with the host" : "Could not be started with the host; hosting staff can see why",
            "stop" when IsByBoot(entry) => succeeded ? "Stopped with the host" : null,
            "start" => succeeded ? "Started by hosting staff" : "Could not be started; hosting staff can see why",
            "stop" => succeeded ? "Stopped by hosting staff" : "Could not be stopped; hosting staff can see why",
            "restart" => succeeded ? "Restarted by hosting staff" : "Could not be restarted; hosting staff can see why",
            "reboot" when succeeded => "Restarted from inside",
            "halt" when succeeded => "Stopped from inside",
            "rename" when succeeded => "Renamed by hosting staff",
            "readdress" when succeeded => "Host name or addresses changed by hosting staff",
            "move" when succeeded => "Moved to another host by hosting staff",
            "configure" when succeeded => "Configuration changed by hosting staff",
            _ => null,
        };
    }

    // the host's boot service starts and stops all that are marked ONBOOT by this one command
    private static bool IsByBoot(AuditEntry entry) => entry.Command.Split(' ').Take(4).Contains("vserver-boot");
}
