using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>Which vservers are to share files, and how these are found.</summary>
/// <param name="Reference">The vserver whose files the others are compared with.</param>
/// <param name="Members">The others.</param>
/// <param name="Scope">By what files are chosen.</param>
public sealed record UnificationRequest(VServerName Reference, IReadOnlyList<VServerName> Members, UnificationScope Scope)
{
    /// <summary>Trust package version, size, times, mode and owner instead of reading; by package only.</summary>
    public bool IsQuick { get; init; }

    /// <summary>How files are to be shared; null: as the host chooses.</summary>
    public SharingMethod? Method { get; init; }

    /// <summary>All of them, the reference first.</summary>
    public IEnumerable<VServerName> All => Members.Prepend(Reference);

    /// <summary>What keeps it from being asked for, as a sentence; null where nothing does.</summary>
    public string? Fault => Members.Count == 0 ? "Choose at least two vservers: files are shared between them."
        : Members.Contains(Reference) ? $"{Reference} is the reference and cannot be compared with itself. Take it out of the others."
        : Members.Distinct().Count() != Members.Count ? "A vserver is named twice. Name each of them once."
        : IsQuick && Scope is UnificationScope.Content ? "Without reading, files can be compared by package only: choose 'by package', or have the contents compared."
        : null;

    internal UnificationRequest Checked() => Fault is { } fault ? throw new HostProblemException(ProblemCode.InvalidArgument, fault) : this;
}
