using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>A guest's package manager, as <c>vapt</c> and <c>vrpm</c> call it.</summary>
internal abstract class PackageManager
{
    /// <summary>The tool of ours that calls it.</summary>
    public abstract string Tool { get; }

    /// <summary>The guest's program.</summary>
    public abstract string Program { get; }

    public abstract PackageFormat Format { get; }

    /// <summary>How files with packages end.</summary>
    public abstract string Extension { get; }

    /// <summary>Beyond what every process in the guest has.</summary>
    public virtual IReadOnlyList<string> Environment => [];

    /// <summary>The whole command for what was asked for.</summary>
    public abstract IReadOnlyList<string> Command(IReadOnlyList<string> arguments);

    /// <summary>Whether files of packages may be replaced or removed by it; where that is not plain, they may.</summary>
    public abstract bool ChangesPackages(IReadOnlyList<string> arguments);

    /// <summary>Whether the panel may ask for this. It all runs inside the guest, so this does not keep the host safe: it keeps a panel that was taken over from running what it likes
    /// in every vserver at once, which its sudo rule gives it by no other command.</summary>
    public abstract bool IsOpenToPanel(IReadOnlyList<string> arguments);

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
