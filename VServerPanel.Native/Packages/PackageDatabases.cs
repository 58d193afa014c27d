using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Finds a root's package database.</summary>
internal static class PackageDatabases
{
    // since Fedora 36 and openSUSE the database lies in /usr, so that a snapshot of the system has it
    private static readonly string[] s_rpm = ["var/lib/rpm", "usr/lib/sysimage/rpm"];

    /// <summary>Which package manager a root has; null where it has none that we know.</summary>
    public static PackageFormat? FormatOf(SafeFileHandle root) =>
        GuestRoot.Has(root, DpkgDatabase.StatusPath) ? PackageFormat.Dpkg
        : s_rpm.Any(directory => GuestRoot.Has(root, directory)) ? PackageFormat.Rpm
        : null;

    /// <summary>Opens the database of a root that has one we can read from outside; null where it has none, or one of rpm's, which only its own rpm may read.</summary>
    /// <param name="root">The root's directory; must stay open as long as the database is used.</param>
    public static PackageDatabase? Open(SafeFileHandle root) => FormatOf(root) == PackageFormat.Dpkg ? new DpkgDatabase(root) : null;
}
