namespace VServerPanel.Native.Creation.Debootstrap;

/// <summary>One package archive as apt has it (sources.list(5)).</summary>
/// <param name="Uri">Its address.</param>
/// <param name="Suite">Release: bookworm, bookworm-updates …</param>
/// <param name="Components">main, contrib …</param>
/// <param name="SignedBy">The keyring file that its signature is checked by; null: all that apt trusts.</param>
internal sealed record AptSource(string Uri, string Suite, IReadOnlyList<string> Components, string? SignedBy)
{
    /// <summary>As a line of sources.list.</summary>
    public string Line => $"deb {(SignedBy is null ? "" : $"[signed-by={SignedBy}] ")}{Uri} {Suite} {string.Join(' ', Components)}";
}
