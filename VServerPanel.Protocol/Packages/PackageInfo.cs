using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>The package manager of a vserver.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<PackageFormat>))]
public enum PackageFormat
{
    Dpkg = 0,

    Rpm = 1,
}

/// <summary>A package installed in a vserver: an item <c>package</c> of <c>vcheck --packages [NAME…]</c>.</summary>
/// <param name="VServer">Where.</param>
/// <param name="Format">Of which package manager.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Installed version, as the package manager writes it (rpm: [epoch:]version-release).</param>
/// <param name="Architecture">amd64, x86_64, all, noarch …</param>
/// <param name="Summary">One line of what it is.</param>
/// <param name="Candidate">A newer version that the vserver's own package lists offer; null where there is none, or they are not there.</param>
/// <param name="CanFetch">Whether its vserver has a program that fetches newer versions: apt-get; for rpm dnf, yum or microdnf.</param>
public sealed record PackageInfo(VServerName VServer, PackageFormat Format, string Name, string Version, string Architecture, string Summary = "", string? Candidate = null, bool CanFetch = false);

/// <summary>How a package operation ended in one vserver: an item <c>package-outcome</c> of <c>vapt</c>, <c>vrpm</c> and <c>vdnf</c>.</summary>
/// <param name="VServer">Where.</param>
/// <param name="Outcome">succeeded, failed, cancelled.</param>
/// <param name="ExitCode">Of the package manager; null where it could not be run.</param>
/// <param name="Message">What went wrong, for people.</param>
/// <param name="Changed">Packages whose version changed: name, before, after (empty where installed or removed).</param>
/// <param name="Milliseconds">What it took.</param>
public sealed record PackageOutcome(VServerName VServer, OperationOutcome Outcome, int? ExitCode, string? Message, IReadOnlyList<PackageChange> Changed, long Milliseconds);

/// <summary>One package's version before and after.</summary>
public sealed record PackageChange(string Name, string? Before, string? After);

/// <summary>What differs from a clean reference: an item <c>package-difference</c> of <c>vcheck</c>.</summary>
/// <param name="VServer">Where.</param>
/// <param name="Reference">The reference's name.</param>
/// <param name="Kind">missing, extra, version, file-changed, file-missing, file-extra.</param>
/// <param name="Subject">The package's name or the file's path.</param>
/// <param name="Here">Version or digest here.</param>
/// <param name="There">Version or digest in the reference.</param>
public sealed record PackageDifference(VServerName VServer, string Reference, string Kind, string Subject, string? Here = null, string? There = null);
