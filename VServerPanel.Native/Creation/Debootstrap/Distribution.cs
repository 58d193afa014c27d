namespace VServerPanel.Native.Creation.Debootstrap;

/// <summary>A distribution whose packages debootstrap can install.</summary>
/// <param name="Id">ID of its os-release.</param>
/// <param name="Name">For people.</param>
/// <param name="Mirror">Its own archive, for hosts of another distribution.</param>
/// <param name="Keyring">The keys of its archive on this host.</param>
/// <param name="KeyringPackage">The package that has them.</param>
/// <param name="Component">Components of a new vserver.</param>
/// <param name="Packages">What a vserver needs beyond the minimal system: names and services files, addresses shown, processes shown, https; and the
/// scripts that start its services (INIT_STYLE sysv: <c>/etc/init.d/rc 3</c>).</param>
/// <param name="Suites">Releases that are supported by it today or were until lately, the newest first, with their version.</param>
internal sealed record Distribution(string Id, string Name, string Mirror, string Keyring, string KeyringPackage, IReadOnlyList<string> Component, IReadOnlyList<string> Packages, IReadOnlyList<(string Suite, string Version)> Suites)
{
    public static IReadOnlyList<Distribution> All { get; } =
    [
        new(
            "debian",
            "Debian",
            "http://deb.debian.org/debian",
            "/usr/share/keyrings/debian-archive-keyring.gpg",
            "debian-archive-keyring",
            ["main"],
            ["ca-certificates", "iproute2", "netbase", "procps", "sysv-rc"],
            [("forky", "14"), ("trixie", "13"), ("bookworm", "12"), ("bullseye", "11"), ("sid", "unstable")]),
        new(
            "ubuntu",
            "Ubuntu",
            "http://archive.ubuntu.com/ubuntu",
            "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
            "ubuntu-keyring",
            ["main", "universe"],
            ["ca-certificates", "iproute2", "netbase", "procps"],
            [("noble", "24.04"), ("jammy", "22.04"), ("focal", "20.04")]),
    ];

    /// <summary>The distribution that has a release of this name; null where none has.</summary>
    public static Distribution? OfSuite(string suite) => All.FirstOrDefault(d => d.Suites.Any(s => s.Suite == suite));

    /// <summary>This host's os-release: ID and VERSION_CODENAME.</summary>
    public static (string Id, string Codename) ReadHost(string osRelease = "/etc/os-release")
    {
        if (!File.Exists(osRelease))
        {
            return ("", "");
        }

        var values = Configuration.ConfFile.Read(osRelease).Values();
        return (values.GetValueOrDefault("ID") ?? "", values.GetValueOrDefault("VERSION_CODENAME") ?? "");
    }
}
