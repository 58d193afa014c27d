namespace VServerPanel.Protocol;

/// <summary>A directory of the host that a vserver sees: an item <c>shared-directory</c> of <c>vserver NAME share list</c>.</summary>
/// <param name="Source">Where it is on the host; absolute.</param>
/// <param name="Target">Where the vserver has it; absolute.</param>
/// <param name="IsReadOnly">Whether the vserver may only read it.</param>
/// <param name="Problem">Why the vserver would not start with it; null where nothing is wrong.</param>
/// <param name="IsMounted">Whether the vserver has it now; null where it does not run.</param>
public sealed record SharedDirectory(string Source, string Target, bool IsReadOnly, string? Problem = null, bool? IsMounted = null);
