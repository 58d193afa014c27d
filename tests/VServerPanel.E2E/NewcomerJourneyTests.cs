using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.E2E;

/// <summary>What README promises a newcomer, in one go, on the real command and a real root.</summary>
[Collection(Browsers.Collection)]
public sealed class NewcomerJourneyTests(TrialHost host, ITestOutputHelper output) : IClassFixture<TrialHost>
{
    private const string Administrator = "alice";
    private const string Password = "correct horse battery staple";
    private const string Address = "198.51.100.77";

    [Fact]
    public async Task Newcomer_FromMakeRunToTenantStatus_Succeeds()
    {
        await using var context = await host.Browser.NewContextAsync(new() { BaseURL = host.Address, ViewportSize = new() { Width = 1280, Height = 900 }, AcceptDownloads = true });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        await Failures.ToldAsync(page, output, () => JourneyAsync(page));
    }

    private async Task JourneyAsync(IPage page)
    {
        await MakeFirstAdministratorAsync(page);
        var secretLink = await MakeTenantWithLinkAsync(page, "Acme");
        await CreateInWizardAsync(page, "web1", "Acme");
        await LeaveAndRestartPanelAsync(page);

        // from here on nothing is asked for that is not there, and nothing is restarted
        using var console = new ConsoleErrors(page);
        await OpenAsync(page, "/vservers/web1");
        await Expect(page.Locator(".vp-state-running")).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        await Pictures.TakeAsync(page, "vserver");

        // a shell inside it, as staff get it: with a terminal
        var inside = await Shell.RunAsync("script", ["-qec", $"{host.Command} web1 enter", "/dev/null"], input: "echo inside-$(hostname)-$(id -u)\nexit\n");
        Assert.Contains("inside-web1-0", inside, StringComparison.Ordinal);
        Assert.Contains(Address, await Shell.RunAsync("ip", ["-o", "addr", "show", "dev", TrialHost.Device]), StringComparison.Ordinal);

        await UseTerminalAsync(page, "web1");
        await EndProcessAsync(page, "web1");

        await StopAsync(page);
        Assert.DoesNotContain(Address, await Shell.RunAsync("ip", ["-o", "addr", "show", "dev", TrialHost.Device]), StringComparison.Ordinal);
        await SeeWhatTheHostCanDoAsync(page);
        await FindInAuditHistoryAsync(page);
        await DownloadCsvAsync(page);
        await SharingJourney.RunAsync(page, host, "web1");
        await RenamingJourney.RunAsync(page, host);
        await OtherHostJourney.RunAsync(page);
        await SeeAsTenantAsync(secretLink);
        console.AssertNone();
    }

    private async Task MakeFirstAdministratorAsync(IPage page)
    {
        await page.GotoAsync(host.SetupLink);
        await page.Locator("#user").FillAsync(Administrator);
        await page.Locator("#password").FillAsync(Password);
        await page.Locator("#again").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" })).ToBeVisibleAsync();

        // the link is dead now
        await page.GotoAsync(host.SetupLink);
        await Expect(page.Locator("#password")).ToHaveCountAsync(0);

        // sign out and in again, once wrong
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync("/vservers");
        await Expect(page).ToHaveURLAsync(new Regex("/sign-in", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await SignInAsync(page, "wrong password, surely");
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await SignInAsync(page, Password);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "VServers" })).ToBeVisibleAsync();
    }

    private static async Task SignInAsync(IPage page, string password)
    {
        await page.Locator("#user").FillAsync(Administrator);
        await page.Locator("#password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private static async Task<string> MakeTenantWithLinkAsync(IPage page, string tenant)
    {
        await OpenAsync(page, "/tenants");
        await page.Locator("#new-tenant").FillAsync(tenant);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await page.Locator("#label").FillAsync("their office");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make link" }).ClickAsync();
        return await page.Locator("#new-link").InputValueAsync();
    }

    private static async Task CreateInWizardAsync(IPage page, string name, string tenant)
    {
        await OpenAsync(page, "/create");
        await Expect(page.Locator("input[name=source]").First).ToBeVisibleAsync();
        await page.Locator("label.vp-choice", new() { HasText = "bookworm" }).First.ClickAsync();
        await Pictures.TakeAsync(page, "create-source");
        await NextAsync(page);

        // a name that cannot be, and an address that is the host's: refused before anything begins
        await page.Locator("#name").FillAsync("no such name!");
        await page.Locator("#addresses").FillAsync("127.0.0.1");
        await NextAsync(page);
        await Expect(page.Locator("#name-fault").First).ToBeVisibleAsync();
        await page.Locator("#name").FillAsync(name);
        await page.Locator("#description").FillAsync("first of its kind");
        await page.Locator("#addresses").FillAsync(Address + "/32");
        await page.Locator("#device").SelectOptionAsync(TrialHost.Device);
        await Pictures.TakeAsync(page, "create-name");
        await NextAsync(page);

        await page.Locator("#memory").FillAsync("256");
        await page.Locator("#tenant").SelectOptionAsync(new SelectOptionValue { Label = tenant });
        await NextAsync(page);

        await Expect(page.Locator("#plan")).ToBeVisibleAsync();
        await Expect(page.GetByText("mmdebstrap").First).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "create-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create it" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/jobs/[0-9a-f]{32}$", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    /// <summary>Opens a page of the staff's and waits until it listens.</summary>
    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await Expect(page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();
    }

    private static Task NextAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();

    private async Task LeaveAndRestartPanelAsync(IPage page)
    {
        var job = page.Url;
        await Expect(page.GetByRole(AriaRole.Progressbar).First).ToBeVisibleAsync();
        await page.GotoAsync("/vservers");
        await host.RestartPanelAsync();
        await OpenAsync(page, job);
        await Expect(page.GetByRole(AriaRole.Progressbar).First).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "job");
    }

    /// <summary>A shell in the browser: it goes on when the page is loaded again, and shows its last screen when it has ended.</summary>
    private static async Task UseTerminalAsync(IPage page, string name)
    {
        await OpenAsync(page, $"/vservers/{name}?tab=terminal");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open terminal" }).ClickAsync();
        await Expect(page.Locator(".vp-terminal-title i.vp-on")).ToBeVisibleAsync();
        await page.Locator(".vp-terminal").ClickAsync();
        await page.Keyboard.TypeAsync("hostname; echo $((6 * 7))-$(id -u)\n");
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync("42-0");
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync(name);

        // what a guest writes reaches the screen and nothing beyond it: no title, no element, no link
        await page.Keyboard.TypeAsync("""printf '\033]0;owned\007\033]8;;http://evil.example\007link\033]8;;\007<b id=owned>harm''less</b>\n'""" + "\n");
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync("<b id=owned>harmless</b>");
        await Expect(page).ToHaveTitleAsync($"{name} – VServerPanel");
        await Expect(page.Locator("#owned, a[href*=evil]")).ToHaveCountAsync(0);
        await page.Keyboard.TypeAsync("stale=kept; sleep 4321 &\n");
        await Pictures.TakeAsync(page, "terminal");

        await OpenAsync(page, $"/vservers/{name}?tab=terminal");
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync("42-0");
        await page.Locator(".vp-terminal").ClickAsync();
        await page.Keyboard.TypeAsync("echo still-$stale\n");
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync("still-kept");

        // Tab is the shell's: a keyboard leaves by another key
        await Expect(page.Locator(".vp-terminal textarea")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Control+F6");
        await Expect(page.Locator(".vp-terminal textarea")).Not.ToBeFocusedAsync();
    }

    /// <summary>What runs in the terminal is in the list of processes, and is ended from there.</summary>
    private static async Task EndProcessAsync(IPage page, string name)
    {
        await OpenAsync(page, $"/vservers/{name}?tab=processes");
        var row = page.Locator(".vp-proc tr", new() { HasText = "sleep 4321" });
        await Expect(row).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "processes");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Pictures.TakeAsync(page, "process-end");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Kill it" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);

        await OpenAsync(page, $"/vservers/{name}?tab=terminal");
        await page.GetByRole(AriaRole.Button, new() { Name = "End", Exact = true }).ClickAsync();
        await Expect(page.GetByText($"Ended by {Administrator}.")).ToBeVisibleAsync();
        await Expect(page.Locator(".xterm-rows")).ToContainTextAsync("still-kept");
    }

    private static async Task StopAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();
        var confirm = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop" });
        if (await confirm.CountAsync() > 0 || await AppearsAsync(confirm))
        {
            await confirm.First.ClickAsync();
        }

        await Expect(page.Locator(".vp-state-stopped")).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
    }

    private static async Task<bool> AppearsAsync(ILocator locator)
    {
        try
        {
            await locator.WaitForAsync(new() { Timeout = 3000 });
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // the host's own report, and the same on the page about the kernel
    private static async Task SeeWhatTheHostCanDoAsync(IPage page)
    {
        await OpenAsync(page, "/host");
        var ties = page.Locator("tr").Filter(new() { HasText = "Ties to addresses" }).Locator(".vp-tag");
        await Expect(ties).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "host");
        var state = await ties.TextContentAsync();

        await OpenAsync(page, "/kernel");
        await Expect(page.Locator("#set-ipv4root .vp-tag")).ToHaveTextAsync(state!);
        await Expect(page.GetByText("Not known")).ToHaveCountAsync(0);
        await Pictures.TakeAsync(page, "kernel");
    }

    private static async Task FindInAuditHistoryAsync(IPage page)
    {
        await OpenAsync(page, "/audit");
        foreach (var word in new[] { "Create", "Start", "Enter shell", "Terminal", "Kill", "Stop" })
        {
            await Expect(page.Locator("table").GetByText(word).First).ToBeVisibleAsync();
        }

        await Pictures.TakeAsync(page, "audit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check the chain" }).ClickAsync();
        await Expect(page.GetByText("The history is as it was written.")).ToBeVisibleAsync();
    }

    private static async Task DownloadCsvAsync(IPage page)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByText("Download CSV").ClickAsync());
        var rows = (await File.ReadAllTextAsync(await download.PathAsync())).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        foreach (var operation in new[] { "build", "start", "stop", "enter", "terminal", "kill" })
        {
            // one when asked, one when ended, whoever did it
            var found = rows.Where(r => r.Contains($",{operation},", StringComparison.Ordinal) && r.Contains("web1", StringComparison.Ordinal)).ToList();
            Assert.True(found.Count == 2, $"'{operation}' has {found.Count} rows:\n{string.Join('\n', rows)}");
        }

        Assert.Contains(rows, r => r.Contains(Administrator, StringComparison.Ordinal) && r.Contains(",build,", StringComparison.Ordinal));
    }

    private async Task SeeAsTenantAsync(string secretLink)
    {
        await using var stranger = await host.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 390, Height = 844 } });
        var page = await stranger.NewPageAsync();
        await page.GotoAsync(secretLink);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "web1" })).ToBeVisibleAsync();
        await Expect(page.Locator(".state-stopped")).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("script").CountAsync());
        Assert.DoesNotContain(Administrator, await page.ContentAsync(), StringComparison.Ordinal);
        await Pictures.TakeAsync(page, "tenant");
        foreach (var staffPage in new[] { "/vservers", "/audit", "/audit/export", "/host", "/jobs" })
        {
            await page.GotoAsync(host.Address + staffPage);
            await Expect(page).ToHaveURLAsync(new Regex("/sign-in", RegexOptions.None, TimeSpan.FromSeconds(1)));
        }
    }
}
