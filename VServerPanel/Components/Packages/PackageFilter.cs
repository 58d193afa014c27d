namespace VServerPanel.Components.Packages;

/// <summary>Which packages are shown.</summary>
internal enum PackageFilter
{
    All,

    /// <summary>Somewhere a newer version is known.</summary>
    Upgradable,

    /// <summary>Not the same version everywhere.</summary>
    Differs,
}
