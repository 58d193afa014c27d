using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>A guest's package manager, as <c>vapt</c>, <c>vrpm</c> and <c>vdnf</c> call it.</summary>
internal abstract class PackageManager
{
    /// <summary>The tool of ours that calls it.</summary>
    public abstract string Tool { get; }

    /// <summary>The guest's program, by the name that people know it by.</summary>
    public abstract string Program { get; }

    public abstract PackageFormat Format { get; }

    /// <summary>How files with packages end.</summary>
    public abstract string Extension { get; }

    /// <summary>Beyond what every process in the guest has.</summary>
    public virtual IReadOnlyList<string> Environment => [];

    /// <summary>The program that it is in a root; null where this is not what changes the packages there.</summary>
    public virtual string? ProgramIn(SafeFileHandle root) => PackageDatabases.FormatOf(root) == Format ? Program : null;

    /// <summary>Why there is none in a root, and what to use, as sentences.</summary>
    public virtual string WhyNot(VServerName name, SafeFileHandle root) => $"{name} has no packages of {Program}'s. " + PackageDatabases.FormatOf(root) switch
    {
        PackageFormat.Dpkg => "Its packages are dpkg's: use vapt.",
        PackageFormat.Rpm => "Its packages are rpm's: use vdnf, or vrpm for package files.",
        _ => "It has no package database that we know.",
    };

    /// <summary>The whole command for what was asked for.</summary>
    /// <param name="program">As <see cref="ProgramIn"/> has it.</param>
    /// <param name="arguments">What was asked for.</param>
    public abstract IReadOnlyList<string> Command(string program, IReadOnlyList<string> arguments);

    /// <summary>Whether an exit code says that it was done.</summary>
    public virtual bool HasSucceeded(int exitCode, IReadOnlyList<string> arguments) => exitCode == 0;

    /// <summary>Whether files of packages may be replaced or removed by it; where that is not plain, they may.</summary>
    public abstract bool ChangesPackages(IReadOnlyList<string> arguments);

    /// <summary>Whether the panel may ask for this. It all runs inside the guest, so this does not keep the host safe: it keeps a panel that was taken over from running what it likes
    /// in every vserver at once, which its sudo rule gives it by no other command.</summary>
    public abstract bool IsOpenToPanel(IReadOnlyList<string> arguments);

    /// <summary>What is asked for in a guest with these packages; null where there is nothing to be done in it.</summary>
    public virtual IReadOnlyList<string>? Narrow(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> installed) => arguments;

    /// <summary>A command that must come first, where an earlier one was cut off in this root.</summary>
    public virtual IReadOnlyList<string>? Repair(SafeFileHandle root) => null;

    /// <summary>Versions of what is installed now, by name; the name has its architecture where there are several.</summary>
    public abstract IReadOnlyDictionary<string, string> Versions(GuestSession session, CancellationToken cancel);

    /// <summary>Debian policy 5.6.1, and what rpm takes beyond (capitals, underscores). What begins with a hyphen is an option, what ends with one means "remove" to apt.</summary>
    protected static bool IsName(string name) =>
        name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name[^1] is not '-' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_');

    protected static Dictionary<string, string> ByName(IEnumerable<InstalledPackage> packages)
    {
        var versions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in packages.GroupBy(p => p.Name, StringComparer.Ordinal))
        {
            var architectures = group.Select(p => p.Architecture).Distinct(StringComparer.Ordinal).Count();
            foreach (var package in group)
            {
                var key = architectures > 1 ? package.Key : package.Name;

                // rpm keeps several versions of a kernel
                versions[key] = versions.TryGetValue(key, out var other) ? $"{other} {package.Version}" : package.Version;
            }
        }

        return versions;
    }
}
