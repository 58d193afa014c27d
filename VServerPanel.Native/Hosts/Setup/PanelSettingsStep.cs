using System.Globalization;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The panel's settings, as environment variables that systemd and vserver-panel read: where it listens, where its data lies, what it may call.</summary>
internal sealed class PanelSettingsStep(HostPaths paths, int? port) : SetupStep
{
    public const int DefaultPort = 8420;
    private const string AddressKey = "Kestrel__Endpoints__Http__Url";

    public override string Title => "The panel's settings";

    private string FilePath => paths.Prefix + "/etc/vserverpanel.conf";

    public override IReadOnlyList<string> Missing()
    {
        var wanted = Wanted();
        return SystemFile.Read(FilePath) is not { } text ? [$"Write {FilePath}"]
            : text != wanted.Text ? [$"Set in {FilePath} what the panel needs ({string.Join(", ", Changed(ConfFile.Parse(text), wanted))})"]
            : [];
    }

    public override void Apply() => SystemFile.Write(FilePath, Wanted().Text, 0b110_100_100);

    // What is set is the administrator's and stays; the port changes where one is asked for.
    private ConfFile Wanted()
    {
        var file = ConfFile.Parse(SystemFile.Read(FilePath) ?? """
            # Settings of VServerPanel, read by its service and by vserver-panel. Names are those of appsettings.json, with __ between the parts.
            # Comments stand on lines of their own: systemd takes them for part of the value elsewhere.
            # To be reached from other machines, put a web server with TLS before it (docs/operations.md) and set Panel__PublicUrl.

            """);
        if (port is not null || file.Get(AddressKey) is null)
        {
            file.Set(AddressKey, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port ?? DefaultPort}"));
        }

        SetMissing(file, "Storage__DataDirectory", DirectoriesStep.PanelData(paths));
        SetMissing(file, "DOTNET_ROOT", DotnetRoot());
        if (paths.Prefix.Length > 0)
        {
            SetMissing(file, "Host__Command__0", "sudo");
            SetMissing(file, "Host__Command__1", "-n");
            SetMissing(file, "Host__Command__2", ToolLinksStep.Command(paths));
        }

        return file;
    }

    private static void SetMissing(ConfFile file, string key, string? value)
    {
        if (value is not null && file.Get(key) is null)
        {
            file.Set(key, value);
        }
    }

    private static IEnumerable<string> Changed(ConfFile old, ConfFile wanted) => wanted.Values().Where(v => old.Get(v.Key) != v.Value).Select(v => v.Key);

    // where the runtime is, if it is where the panel would not look (it looks into /usr/share/dotnet, /usr/lib/dotnet and /etc/dotnet)
    private static string? DotnetRoot()
    {
        if (Directory.Exists("/usr/share/dotnet") || Directory.Exists("/usr/lib/dotnet") || File.Exists("/etc/dotnet/install_location"))
        {
            return null;
        }

        var dotnet = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => d + "/dotnet").FirstOrDefault(File.Exists);
        return dotnet is null ? null : Path.GetDirectoryName(File.ResolveLinkTarget(dotnet, returnFinalTarget: true)?.FullName ?? dotnet);
    }
}
