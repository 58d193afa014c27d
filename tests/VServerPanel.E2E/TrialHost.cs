using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace VServerPanel.E2E;

/// <summary>A trial made by <c>make run</c> with a prefix, as a newcomer makes it: the published panel as its unprivileged user, the native
/// command through sudo; and a browser.</summary>
public sealed partial class TrialHost : IAsyncLifetime
{
    /// <summary>A bridge without ports, that leads nowhere, so that addresses can be put on it.</summary>
    public const string Device = "vse2e0";

    private IPlaywright? _playwright;

    public string Prefix { get; } = $"/var/tmp/vserver-e2e-{Environment.ProcessId}";

    private string Image => Prefix + ".img";

    public int Port { get; } = FreePort();

    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>The link that <c>make run</c> printed to make the first administrator.</summary>
    public string SetupLink { get; private set; } = "";

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>The command of this trial.</summary>
    public string Command => Prefix + "/usr/sbin/vserver";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName == "root", "The trial prepares a host, which needs root.");
        await Shell.TryAsync("ip", ["link", "add", Device, "type", "bridge"]);
        await Shell.RunAsync("ip", ["link", "set", Device, "up"]);
        await MountStorageAsync();
        var output = await MakeAsync("run");
        SetupLink = SetupLinkPattern().Match(output) is { Success: true } match ? match.Value : throw new InvalidOperationException("'make run' printed no link for the first administrator:\n" + output);

        (_playwright, Browser) = await Browsers.LaunchAsync();
    }

    /// <summary>The trial lies on a file system that can share blocks, whatever the machine has.</summary>
    private async Task MountStorageAsync()
    {
        Directory.CreateDirectory(Prefix);
        await Shell.RunAsync("truncate", ["-s", "8G", Image]);
        await Shell.RunAsync("mkfs.xfs", ["-q", "-m", "reflink=1", Image]);
        await Shell.RunAsync("mount", ["-o", "loop", Image, Prefix]);
    }

    public Task<string> MakeAsync(string target) =>
        Shell.RunAsync("make", ["--no-print-directory", "-C", RepositoryRoot(), target], new Dictionary<string, string> { ["VSERVER_PREFIX"] = Prefix, ["PORT"] = $"{Port}" }, timeOut: TimeSpan.FromMinutes(10));

    public Task<string> RestartPanelAsync() => Shell.RunAsync(Prefix + "/usr/lib/vserverpanel/vserver-panel", ["restart"]);

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (Directory.Exists(Prefix))
        {
            // what a trial leaves behind is a fault that later tests would meet
            await Shell.TryAsync(Command, ["--as", "vserver-boot", "stop"]);
            await MakeAsync("uninstall");
            await Shell.TryAsync("umount", [Prefix + "/vservers"]);

            // a connection to another host lasts 30 seconds beyond its last use, and its socket lies here
            for (var tries = 0; tries < 45 && (await Shell.TryAsync("umount", [Prefix])).ExitCode != 0; tries++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }

            Directory.Delete(Prefix);
            File.Delete(Image);
        }

        await Shell.TryAsync("ip", ["link", "del", Device]);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "VServerPanel.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("These tests run from a checkout.");
    }

    [GeneratedRegex(@"http://\S+/setup\?token=\S+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SetupLinkPattern();
}
