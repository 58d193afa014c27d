using VServerPanel.Protocol;

namespace VServerPanel.Components.Unification;

/// <summary>Methods and scopes for people.</summary>
internal static class SharingWords
{
    internal static string Title(SharingMethod? method) => method switch
    {
        SharingMethod.Reflink => "Shared blocks (reflink)",
        SharingMethod.HardLink => "Hard links that vservers can only replace",
        SharingMethod.Immutable => "Immutable hard links",
        _ => "None",
    };

    internal static string Title(UnificationScope scope) => scope is UnificationScope.Content ? "By content" : "By package";
}
