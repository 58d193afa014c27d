namespace VServerPanel.Security;

/// <summary>Where to go after signing in: an address of this panel, never another's that was slipped into a link.</summary>
internal static class LocalAddress
{
    /// <summary><paramref name="address"/> if it is a path of this panel, else <c>/</c>.</summary>
    internal static string OrHome(string? address) =>
        address is ['/', ..] && !address.StartsWith("//", StringComparison.Ordinal) && !address.Contains('\\', StringComparison.Ordinal) && !address.Any(char.IsControl)
            ? address
            : "/";
}
