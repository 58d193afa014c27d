using VServerPanel.Native.Commands;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>A vserver that shared immutable files and was given files of its own, so that its package manager can replace them: how it is unified again.</summary>
/// <remarks>By stable ids: any of them may have another name by the time of a retry.</remarks>
/// <param name="VServer">It.</param>
/// <param name="Members">With whom it was unified, itself included; the reference first.</param>
/// <param name="Scope">How.</param>
/// <param name="Packages">By package: which; empty for all.</param>
internal sealed record ThawedVServer(Guid VServer, IReadOnlyList<Guid> Members, UnificationScope Scope, IReadOnlyList<string> Packages)
{
    /// <summary>Directories that were excluded beside the usual, and those that were taken in.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <inheritdoc cref="Excluded"/>
    public IReadOnlyList<string> Included { get; init; } = [];

    /// <summary>What is written down of one that shares immutable files; null for one that does not.</summary>
    public static ThawedVServer? Of(Invocation call, VServerName name)
    {
        if (UnificationState.Find(call.Paths, call.Registry, name) is not { Method: SharingMethod.Immutable } state || call.Registry.IdOf(name) is not { } id)
        {
            return null;
        }

        var members = state.With.Prepend(name).Prepend(state.Reference).Distinct().Select(call.Registry.IdOf).OfType<Guid>();
        return new ThawedVServer(id, [.. members.Distinct()], state.Scope, state.Packages) { Excluded = state.Excluded, Included = state.Included };
    }

    /// <summary>Whether both are unified by the same command.</summary>
    public bool IsOfOneGroup(ThawedVServer other) => Scope == other.Scope && Packages.SequenceEqual(other.Packages, StringComparer.Ordinal)
        && Excluded.ToHashSet().SetEquals(other.Excluded) && Included.ToHashSet().SetEquals(other.Included) && Members.ToHashSet().SetEquals(other.Members);
}
