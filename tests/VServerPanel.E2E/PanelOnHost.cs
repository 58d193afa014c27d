using System.Diagnostics;
using System.Text.RegularExpressions;
using VServerPanel.TwoHosts;

namespace VServerPanel.E2E;

/// <summary>The published panel on one of two hosts, as its unprivileged user, with the host's own command through sudo.</summary>
internal sealed partial class PanelOnHost : IAsyncDisposable
{
    private const int Port = 8420;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly TestHost _host;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private PanelOnHost(TestHost host, Process process) =>
        (_host, _process, _errors) = (host, process, process.StandardError.ReadToEndAsync());

    /// <summary>Where this machine reaches it.</summary>
    public string Address => $"http://{_host.Address}:{Port}";

    /// <summary>The link to make the first administrator.</summary>
    public string SetupLink { get; private set; } = "";

    public static async Task<PanelOnHost> StartAsync(TestHost host)
    {
        // as packaging/vserver-panel does it, but reached from beyond the host
        var panel = new PanelOnHost(host, host.Start("sh", "-c", $"""
            set -a; . /etc/vserverpanel.conf; Kestrel__Endpoints__Http__Url=http://{host.Address}:{Port}; HOME=/var/lib/vserverpanel; USER=vserverpanel; set +a
            cd /var/lib/vserverpanel
            exec setpriv --reuid=vserverpanel --regid=vserverpanel --init-groups /usr/lib/vserverpanel/panel/VServerPanel
            """));
        try
        {
            await panel.WaitAsync();
            return panel;
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            await panel.DisposeAsync();
            throw new InvalidOperationException($"The panel on {host.Name} did not come up: {e.Message}\n{await panel._errors}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task WaitAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(s_patience) is { } line)
        {
            if (LinkPattern().Match(line) is { Success: true } match)
            {
                SetupLink = match.Value;
                break;
            }
        }

        _ = SetupLink.Length > 0 ? _process.StandardOutput.ReadToEndAsync() : throw new InvalidOperationException("it printed no link for the first administrator");
        using var client = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                (await client.GetAsync(new Uri(Address + "/healthz"))).Dispose();
                return;
            }
            catch (HttpRequestException) when (tries < 120 && !_process.HasExited)
            {
                await Task.Delay(500);
            }
        }
    }

    [GeneratedRegex(@"http://\S+/setup\?token=\S+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LinkPattern();
}
