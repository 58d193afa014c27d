using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using VServerPanel.TwoHosts;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.E2E;

/// <summary>Two hosts, the panel on one of them: they are paired, a vserver with a running web server is moved in the wizard while a client looks, one whose move was cut off
/// goes on, and the host is emptied.</summary>
[Collection(Browsers.Collection)]
public sealed class MovingJourneyTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Page = "it works";

    // such hosts have no kernel programs for addresses, by which a vserver's root could bind ports below 1024
    private const int Port = 8080;

    // what the panel tells is from stop to start; what a client sees begins and ends at the web server in it
    private static readonly TimeSpan s_reason = TimeSpan.FromSeconds(10);
    private HostPair _hosts = null!;
    private PanelOnHost _panel = null!;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private string WebAddress => _hosts.AddressOf(100);

    public async ValueTask InitializeAsync()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        await Shell.RunAsync("make", ["--no-print-directory", "-C", TrialHost.RepositoryRoot(), "panel"], timeOut: TimeSpan.FromMinutes(15));
        _hosts = await HostPair.UpAsync();
        await MakeWebServerAsync("web");
        Assert.Equal("", await WhyNotStartedAsync("web"));
        _panel = await PanelOnHost.StartAsync(_hosts.A);
        (_playwright, _browser) = await Browsers.LaunchAsync(_panel.Address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_panel is not null)
        {
            await _panel.DisposeAsync();
        }

        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }
    }

    [Fact]
    public async Task Move_RunningWebServer_ClientSeesOneGap()
    {
        await using var context = await _browser!.NewContextAsync(new() { BaseURL = _panel.Address, ViewportSize = new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        await MakeFirstAdministratorAsync(page);
        using var console = new ConsoleErrors(page);
        await Failures.ToldAsync(page, output, async () =>
        {
            await PairAsync(page);
            await MoveAsync(page);
            await GoOnWithOneThatWasCutOffAsync(page);
            await EmptyHostAsync(page);
        });
        console.AssertNone();
    }

    private async Task MakeFirstAdministratorAsync(IPage page)
    {
        await page.GotoAsync(_panel.SetupLink);
        await page.Locator("#user").FillAsync("alice");
        await page.Locator("#password").FillAsync("correct horse battery staple");
        await page.Locator("#again").FillAsync("correct horse battery staple");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" })).ToBeVisibleAsync();
    }

    /// <summary>The key is made in the panel, allowed on the other host in a shell by the command that the page tells, and the other host added with the key that its shell tells.</summary>
    private async Task PairAsync(IPage page)
    {
        await OpenAsync(page, "/moves/hosts");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var allow = page.Locator("code", new() { HasText = "vserver-hosts allow hosta" });
        await Expect(allow).ToBeVisibleAsync();
        await _hosts.B.ExecAsync("sh", "-c", (await allow.InnerTextAsync()).Trim());

        var key = (await _hosts.B.ExecAsync("cat", "/etc/ssh/ssh_host_ed25519_key.pub")).Trim();
        await page.Locator("#peer-name").FillAsync("hostb");
        await page.Locator("#peer-address").FillAsync(_hosts.B.Address);
        await page.Locator("#peer-key").FillAsync(key);
        var fingerprint = (await _hosts.B.ExecAsync("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub")).Split(' ')[1];
        await Expect(page.GetByText(fingerprint)).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "move-hosts-add");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add it" }).ClickAsync();
        await Expect(page.Locator(".vp-share", new() { HasText = "hostb" }).GetByText("answers")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "move-hosts");
    }

    private async Task MoveAsync(IPage page)
    {
        await using var visitor = new Visitor($"http://{WebAddress}:{Port}/", Page);
        await visitor.ServedAgainAsync(3);

        await OpenAsync(page, "/vservers/web");
        await page.GetByRole(AriaRole.Link, new() { Name = "Move", Exact = true }).ClickAsync();
        await Expect(page.GetByText("answers")).ToBeVisibleAsync();
        await page.Locator("#limit").FillAsync("5");
        await Pictures.TakeAsync(page, "move-where");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(page.GetByText("vserver web move --to hostb --bandwidth 5242880 --keep 7")).ToBeVisibleAsync();
        await Expect(page.Locator(".vp-checks li").First).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "move-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move it now" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/jobs/[0-9a-f]{32}$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.GetByText(new Regex("MiB of 2[0-9] MiB, .*/s", RegexOptions.None, TimeSpan.FromSeconds(1)))).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "move-job");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "web is on hostb now" })).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        await visitor.ServedAgainAsync(3);
        await Pictures.TakeAsync(page, "move-result");

        var told = await page.Locator(".vp-figure", new() { HasText = "Downtime" }).Locator(".v").InnerTextAsync();
        var downtime = TimeSpan.FromSeconds(double.Parse(told.Split(' ')[0], CultureInfo.InvariantCulture));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The panel tells a downtime of {downtime.TotalSeconds:0.0} s; a client was not served for {visitor.LongestGap.TotalSeconds:0.00} s, and {visitor.Served} times it was."));
        Assert.InRange(downtime, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        Assert.InRange(visitor.LongestGap, downtime > s_reason ? downtime - s_reason : TimeSpan.Zero, downtime + s_reason);

        // the neighbours know at once where the address is: host B's card, by the last byte of its name
        Assert.Contains(":62 ", await Shell.RunAsync("ip", ["neigh", "show", WebAddress]), StringComparison.Ordinal);
        await IsOnlyOnBAsync("web");

        // its old page tells where it went
        await OpenAsync(page, "/vservers/web");
        await Expect(page.GetByText("web was moved to hostb")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "move-gone");
    }

    private async Task GoOnWithOneThatWasCutOffAsync(IPage page)
    {
        await _hosts.A.ExecAsync("sh", "-ec", "for n in db mail shop; do mkdir -p /vservers/$n/etc; echo $n > /vservers/$n/etc/hostname; : > /etc/vservers/$n.conf; done; vserver-stat");

        // the command is killed, in the middle of the copying
        Assert.Equal(137, (await _hosts.A.TryAsync("env", "VSERVER_FAULT_AT=12", "vserver", "db", "move", "--to", "hostb")).ExitCode);
        await OpenAsync(page, "/vservers");
        await Expect(page.GetByText("A move was cut off")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "vservers-cut-off");
        await page.GetByRole(AriaRole.Link, new() { Name = "To the moves" }).ClickAsync();
        await Expect(page.GetByText("The move of db to hostb was cut off")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "moves-cut-off");
        await OpenAsync(page, "/vservers/db");
        await Expect(page.GetByText("The move of db to hostb was cut off")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "vserver-cut-off");
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on with the move" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "db is on hostb now" })).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        await IsOnlyOnBAsync("db");
    }

    private async Task EmptyHostAsync(IPage page)
    {
        // the choice is among those that are here when its page is opened; the list lets go of one that left a moment later
        await OpenAsync(page, "/vservers");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "mail", Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "db", Exact = true })).ToHaveCountAsync(0);
        await OpenAsync(page, "/moves");
        await page.GetByRole(AriaRole.Link, new() { Name = "Empty this host" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "All", Exact = true }).ClickAsync();
        await Expect(page.GetByText("2 of 2 chosen")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "moves-empty-who");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(page.GetByText("answers")).ToBeVisibleAsync();
        await page.Locator("#at-once").FillAsync("1");
        await Pictures.TakeAsync(page, "moves-empty-where");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(page.GetByText("2 of 2 looked at")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "moves-empty-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Queue 2 moves" }).ClickAsync();
        await Expect(page.GetByText("0 to go, 2 moved")).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        await Expect(page.Locator("[aria-labelledby=kept] tbody tr")).ToHaveCountAsync(4);
        await Pictures.TakeAsync(page, "moves");
        await page.Locator("tr", new() { HasText = "web" }).GetByRole(AriaRole.Button, new() { Name = "Take back …" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByText("only if web is gone from hostb for good")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "moves-take-back");
        await page.GetByRole(AriaRole.Button, new() { Name = "Leave it as it is" }).ClickAsync();
        await IsOnlyOnBAsync("mail");
        await IsOnlyOnBAsync("shop");
    }

    private async Task MakeWebServerAsync(string name)
    {
        await _hosts.A.ExecAsync("sh", "-ec", $"""
            mkdir -p /vservers/{name}; cd /vservers/{name}; mkdir -p bin sbin etc dev proc sys tmp run root var www
            cp /bin/busybox bin/; ln -s busybox bin/sh; ln -s ../bin/busybox sbin/init
            head -c 20000000 /dev/urandom > var/data; echo '{Page}' > www/index.html
            printf '::respawn:/bin/busybox httpd -f -p {WebAddress}:{Port} -h /www\n' > etc/inittab
            printf 'IPROOT=eth0:{WebAddress}/24\nINIT_STYLE=init\nS_HOSTNAME={name}\n' > /etc/vservers/{name}.conf
            """);
    }

    private async Task<string> WhyNotStartedAsync(string name) =>
        await _hosts.A.TryAsync("vserver", name, "start") is { ExitCode: not 0 } failed ? failed.Output + failed.Error : "";

    private async Task IsOnlyOnBAsync(string name)
    {
        Assert.Equal(0, (await _hosts.B.TryAsync("test", "-d", $"/vservers/{name}", "-a", "-f", $"/etc/vservers/{name}.conf")).ExitCode);
        Assert.Equal(1, (await _hosts.A.TryAsync("test", "-e", $"/vservers/{name}", "-o", "-e", $"/etc/vservers/{name}.conf")).ExitCode);
        Assert.NotEqual(0, (await _hosts.A.TryAsync("vserver", name, "running")).ExitCode);
    }

    /// <summary>Opens a page of the staff's and waits until it listens.</summary>
    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await Expect(page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();
    }
}
