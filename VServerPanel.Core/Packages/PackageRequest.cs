using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>Which packages of which vservers are to be upgraded.</summary>
/// <param name="Format">Of which package manager; all of the vservers have it.</param>
/// <param name="VServers">Where.</param>
/// <param name="Packages">Which; empty: all that can be upgraded.</param>
/// <param name="UnifyAfterwards">Whether the vservers are to share the new files again.</param>
public sealed record PackageRequest(PackageFormat Format, IReadOnlyList<VServerName> VServers, IReadOnlyList<string> Packages, bool UnifyAfterwards)
{
    /// <summary>What keeps it from being asked for, as a sentence; null where nothing does.</summary>
    public string? Fault => VServers.Count == 0 ? "Choose the vservers whose packages are to be upgraded."
        : Packages.FirstOrDefault(p => !IsName(p)) is { } wrong ? $"'{wrong}' is not a package's name. Choose packages of the list."
        : null;

    internal PackageRequest Checked() => Fault is { } fault ? throw new HostProblemException(ProblemCode.InvalidArgument, fault) : this;

    // deb-control(5) and rpm's own names: what is neither must not reach a package manager's command line as an option
    private static bool IsName(string text) => text is { Length: > 0 and <= 128 } && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' or ':');
}
