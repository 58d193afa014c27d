namespace VServerPanel.Identity;

/// <summary>The four roles. A user has exactly one.</summary>
public static class Roles
{
    /// <summary>May do everything, and manages users.</summary>
    public const string Administrator = "Administrator";

    /// <summary>Creates, configures, starts and stops vservers; manages tenants.</summary>
    public const string Operator = "Operator";

    /// <summary>Sees everything and changes nothing; reads and exports the audit history.</summary>
    public const string Auditor = "Auditor";

    /// <summary>Sees the status page of the own vservers.</summary>
    public const string Tenant = "Tenant";

    /// <summary>All of them, the mightiest first.</summary>
    public static IReadOnlyList<string> All { get; } = [Administrator, Operator, Auditor, Tenant];

    /// <summary>What a role may do, in one sentence for people.</summary>
    public static string Describe(string role) => role switch
    {
        Administrator => "May do everything, and manages users.",
        Operator => "Creates, configures, starts and stops vservers; manages tenants.",
        Auditor => "Sees everything and changes nothing; reads and exports the audit history.",
        Tenant => "Sees the status page of the own vservers, nothing else.",
        _ => "",
    };
}
