using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary><c>apt-get</c>, asking nothing.</summary>
internal sealed class AptGet : PackageManager
{
    private static readonly string[] s_panelVerbs = ["update", "upgrade", "dist-upgrade", "install", "remove", "purge", "autoremove"];
    private static readonly string[] s_idleVerbs = ["update", "check", "clean", "autoclean", "download", "source", "changelog", "indextargets"];
    private static readonly string[] s_simulations = ["-s", "--simulate", "--just-print", "--dry-run", "--recon", "--no-act", "--download-only", "--print-uris"];
    private static readonly string[] s_panelOptions = ["--no-install-recommends", "--only-upgrade", "--purge", "--with-new-pkgs", "--allow-downgrades", "--reinstall"];

    public override string Tool => "vapt";

    public override string Program => "apt-get";

    public override PackageFormat Format => PackageFormat.Dpkg;

    public override string Extension => ".deb";

    // debconf(7): questions get their defaults
    public override IReadOnlyList<string> Environment => ["DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true", "APT_LISTCHANGES_FRONTEND=none"];

    public override IReadOnlyList<string> Command(string program, IReadOnlyList<string> arguments)
    {
        // dpkg(1): a configuration file that its administrator changed is kept, unless he asks for something else
        var keeps = arguments.Any(a => a.Contains("--force-conf", StringComparison.Ordinal)) ? Array.Empty<string>() : ["-o", "Dpkg::Options::=--force-confold"];
        return [program, "-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60", .. keeps, .. arguments];
    }

    // an option may have a value of its own: only where the verb comes first it is plain what is asked for (apt-get(8))
    public override bool ChangesPackages(IReadOnlyList<string> arguments) =>
        !(arguments is [var verb, ..] && s_idleVerbs.Contains(verb, StringComparer.Ordinal)) && !arguments.Any(a => s_simulations.Contains(a, StringComparer.Ordinal));

    public override bool IsOpenToPanel(IReadOnlyList<string> arguments) =>
        arguments.Count > 0 && s_panelVerbs.Contains(arguments[0], StringComparer.Ordinal) && arguments.Skip(1).All(a => s_panelOptions.Contains(a, StringComparer.Ordinal) || IsTarget(a));

    /// <summary>dpkg leaves what it was at in <c>updates</c>, and apt-get refuses to work then (pkgSystem, debSystem::CheckUpdates).</summary>
    public override IReadOnlyList<string>? Repair(SafeFileHandle root)
    {
        using var updates = GuestRoot.TryOpenDirectory(root, "var/lib/dpkg/updates");
        return updates is not null && DirectoryReader.Read(updates).Any(e => e.Name.All(char.IsAsciiDigit)) ? ["dpkg", "--configure", "-a", "--force-confold"] : null;
    }

    public override IReadOnlyDictionary<string, string> Versions(GuestSession session, CancellationToken cancel)
    {
        using var database = new DpkgDatabase(session.Root);
        return ByName(database.Packages);
    }

    /// <summary>NAME, NAME:ARCHITECTURE, NAME=VERSION.</summary>
    private static bool IsTarget(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        var version = equals < 0 ? null : word[(equals + 1)..];
        return name.Split(':') switch
        {
            [var only] => IsName(only),
            [var first, var architecture] => IsName(first) && IsName(architecture),
            _ => false,
        } && (version is null || (DebianVersion.IsValid(version) && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '-' or ':' or '~')));
    }
}
