using System.Text.RegularExpressions;
using Microsoft.Playwright;
using VServerPanel.TwoHosts;

namespace VServerPanel.E2E;

/// <summary>Another host, with an sshd of its own, is added; a vserver is created, started and stopped there; the host goes away and comes back; it is removed.</summary>
internal static class OtherHostJourney
{
    private const string Name = "root2";
    private const string VServer = "far1";

    public static async Task RunAsync(IPage page)
    {
        Assert.Null(HostPair.Lacking());
        await using var hosts = await HostPair.UpAsync();
        await AddAsync(page, hosts.B);
        await CreateStartAndStopAsync(page, hosts.B);
        await FindInAuditHistoryAsync(page, hosts.B);
        await GoAwayAndComeBackAsync(page, hosts.B);
        await RemoveAsync(page);
    }

    private static async Task AddAsync(IPage page, TestHost other)
    {
        await OpenAsync(page, "/hosts");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add host" }).ClickAsync();
        var command = await page.Locator("#allow-command").TextContentAsync();
        await page.Locator("#name").FillAsync(Name);
        await page.Locator("#address").FillAsync(other.Address);
        await Pictures.TakeAsync(page, "host-add");
        await ButtonAsync(page, "Ask for its key");

        // what the page shows is what its administrator reads there
        var there = await other.ExecAsync("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub");
        await Expect(page.Locator("#fingerprint")).ToHaveTextAsync(there.Split(' ')[1]);
        await page.GetByLabel("It is the same key").CheckAsync();
        await Pictures.TakeAsync(page, "host-key");
        await ButtonAsync(page, "Connect");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not accept the panel's key");
        await Pictures.TakeAsync(page, "host-not-let-in");

        // as it stands there: to be copied into a shell of that host
        await other.ExecAsync("sh", "-c", "exec vserver --as " + command);
        await ButtonAsync(page, "Connect");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Capabilities" })).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "host-report");
        await ButtonAsync(page, "Add this host");
        await Expect(Row(page)).ToContainTextAsync("Reachable");
        await Expect(Row(page)).ToContainTextAsync("0 running, 0 stopped");
        await Pictures.TakeAsync(page, "hosts");
    }

    private static async Task CreateStartAndStopAsync(IPage page, TestHost other)
    {
        await Row(page).GetByRole(AriaRole.Link, new() { Name = Name }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/on/{Name}/$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page).ToHaveTitleAsync($"Overview – {Name} – VServerPanel");
        await Expect(page.GetByText("hostb:").First).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "other-overview");
        await OpenAsync(page, $"/on/{Name}/create");
        await page.Locator("label.vp-choice", new() { HasText = "Empty root" }).First.ClickAsync();
        await ButtonAsync(page, "Next");
        await page.Locator("#name").FillAsync(VServer);
        await ButtonAsync(page, "Next");
        // its files are put there below, before it is started
        await page.GetByLabel("Start it when it is built").UncheckAsync();
        await ButtonAsync(page, "Next");
        await Expect(page.Locator("#plan")).ToBeVisibleAsync();
        await Expect(page.GetByText("it stays stopped")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create it" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/on/{Name}/jobs/[0-9a-f]{{32}}$", RegexOptions.None, TimeSpan.FromSeconds(1)));

        await other.ExecAsync("sh", "-ec", $"""
            until vserver --as vserver-stat | grep -q {VServer}; do sleep 1; done
            cd /vservers/{VServer}; mkdir -p bin sbin etc dev proc sys tmp run root var
            cp /bin/busybox bin/; ln -sf busybox bin/sh; ln -sf busybox bin/sleep; ln -sf busybox bin/echo; ln -sf ../bin/busybox sbin/init
            printf '::sysinit:/bin/echo hello\n::respawn:/bin/sleep 100000\n' > etc/inittab
            vserver {VServer} config set INIT_STYLE=init
            """);
        await OpenAsync(page, $"/on/{Name}/vservers/{VServer}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await Expect(page.Locator(".vp-state-running").First).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        Assert.Equal(0, (await other.TryAsync("vserver", VServer, "running")).ExitCode);
        await Pictures.TakeAsync(page, "other-vserver");
        await OpenAsync(page, "/all");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = VServer })).ToHaveAttributeAsync("href", $"/on/{Name}/vservers/{VServer}");
        await page.Locator(".vp-hosts summary").ClickAsync();
        await Pictures.TakeAsync(page, "all");
        await page.Locator(".vp-hosts").GetByRole(AriaRole.Link, new() { Name = Name }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/on/{Name}/$", RegexOptions.None, TimeSpan.FromSeconds(1)));

        await OpenAsync(page, $"/on/{Name}/vservers/{VServer}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Expect(page.Locator(".vp-state-stopped").First).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        Assert.NotEqual(0, (await other.TryAsync("vserver", VServer, "running")).ExitCode);
    }

    private static async Task FindInAuditHistoryAsync(IPage page, TestHost other)
    {
        // done in a shell there, and by the panel from here: both are on record, each of its host
        await other.ExecAsync("vserver", VServer, "config", "set", "PRIORITY=5");
        await OpenAsync(page, "/audit");
        foreach (var word in new[] { "Host add", "Host pin key" })
        {
            await Expect(page.Locator("table").GetByText(word)).ToBeVisibleAsync();
        }

        await page.Locator("#host").SelectOptionAsync(Name);
        await ButtonAsync(page, "Show");
        await Expect(page).ToHaveURLAsync(new Regex($"host={Name}", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.Locator("table").GetByText("Host add")).ToHaveCountAsync(0);
        foreach (var word in new[] { "Build", "Start", "Stop" })
        {
            await Expect(page.Locator("table").GetByText(word, new() { Exact = true }).First).ToBeVisibleAsync();
        }

        Assert.All(await page.Locator("td[data-label=Host]").AllTextContentsAsync(), host => Assert.Equal(Name, host));
        await UntilAsync(async () =>
        {
            await OpenAsync(page, $"/audit?host={Name}");
            await Expect(page.Locator("tr", new() { HasText = "Configure" }).Filter(new() { HasText = "root" }).First).ToBeVisibleAsync(new() { Timeout = 3_000 });
        });
        await Pictures.TakeAsync(page, "audit-hosts");
    }

    private static async Task GoAwayAndComeBackAsync(IPage page, TestHost other)
    {
        await OpenAsync(page, "/hosts");
        await other.CutLinkAsync();
        await Expect(Row(page)).ToContainTextAsync("Unreachable", new() { Timeout = 90_000 });
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Reachable");
        await Pictures.TakeAsync(page, "hosts-away");
        await OpenAsync(page, "/all");
        await Expect(page.GetByText($"{Name} does not answer since")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = VServer })).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "all-away");
        await OpenAsync(page, $"/on/{Name}/vservers");
        await Expect(page.GetByText($"The host {Name} does not answer since")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "other-away");

        await other.MendLinkAsync();
        await Expect(page.GetByText($"The host {Name} does not answer since")).ToHaveCountAsync(0, new() { Timeout = Browsers.Operation });
    }

    private static async Task RemoveAsync(IPage page)
    {
        await OpenAsync(page, "/hosts");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Remove {Name}" }).ClickAsync();
        await Pictures.TakeAsync(page, "host-remove");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
    }

    private static ILocator Row(IPage page) => page.Locator("tbody tr", new() { HasText = Name });

    private static Task ButtonAsync(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    /// <summary>Tries until it holds: what is waited for is not on the page by itself.</summary>
    private static async Task UntilAsync(Func<Task> attempt)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception e) when (e is PlaywrightException or TimeoutException && tries < 20)
            {
                // the journal of the host is read every few seconds
            }
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private static IPageAssertions Expect(IPage page) => Assertions.Expect(page);

    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await Expect(page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();
    }
}
