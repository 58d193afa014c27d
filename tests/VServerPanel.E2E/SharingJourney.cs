using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.E2E;

/// <summary>A vserver and its copy: their files on disk once, apart, and once again; what they take; which packages they have.</summary>
internal static class SharingJourney
{
    private const string Twin = "web2";

    public static async Task RunAsync(IPage page, TrialHost host, string name)
    {
        await Shell.RunAsync(host.Command, [Twin, "build", "--method", "clone", "--source", name, "--hostname", Twin]);
        await UndoAsync(page);
        await UnifyAsync(page, name);
        await LookAtDiskAsync(page, name);
        await LookAtPackagesAsync(page, name);
    }

    /// <summary>A copy shares blocks with what it was made from: it is given files of its own, once it was told how much room that takes.</summary>
    private static async Task UndoAsync(IPage page)
    {
        await OpenAsync(page, $"/vservers/{Twin}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo sharing …" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByText("It takes up to")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "unify-undo");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Undo sharing" }).ClickAsync();
        await Expect(page.GetByText("Files of their own again")).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
    }

    private static async Task UnifyAsync(IPage page, string name)
    {
        await OpenAsync(page, "/vservers");
        await page.GetByLabel($"Select {name}").CheckAsync();
        await page.GetByLabel($"Select {Twin}").CheckAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Unify 2" }).ClickAsync();
        await Expect(page.Locator($"#pick-{Twin}")).ToBeCheckedAsync();
        await page.Locator("#reference").SelectOptionAsync(name);
        await Pictures.TakeAsync(page, "unify-members");
        await NextAsync(page);
        await page.GetByText("By content").ClickAsync();
        await Pictures.TakeAsync(page, "unify-how");
        await NextAsync(page);

        await Expect(page.Locator(".vp-bar-row")).ToHaveCountAsync(2, new() { Timeout = Browsers.Operation });
        await Expect(page.Locator(".vp-command")).ToHaveTextAsync($"vunify --content {name} {Twin}");
        await Pictures.TakeAsync(page, "unify-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Unify now" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/jobs/[0-9a-f]{32}$", RegexOptions.None, TimeSpan.FromSeconds(1)));

        // the page is left and opened again: what came of it is found there
        var job = page.Url;
        await OpenAsync(page, "/jobs");
        await OpenAsync(page, job);
        await Expect(page.GetByText("What was saved")).ToBeVisibleAsync(new() { Timeout = Browsers.Operation });
        await Expect(page.GetByText("There was nothing to do")).ToHaveCountAsync(0);
        await Pictures.TakeAsync(page, "unify-result");
    }

    private static async Task LookAtDiskAsync(IPage page, string name)
    {
        await OpenAsync(page, "/disk");
        await Expect(page.Locator(".vp-bar-row a")).ToHaveTextAsync([name, Twin]);
        await page.Locator("#why-vserver").SelectOptionAsync(Twin);
        await AskWhyAsync(page, "/etc/passwd", "is not shared");
        await AskWhyAsync(page, "/usr/bin/dpkg", "is shared");
        await Pictures.TakeAsync(page, "disk");
    }

    private static async Task AskWhyAsync(IPage page, string path, string answer)
    {
        await page.Locator("#why-path").FillAsync(path);
        await page.GetByRole(AriaRole.Button, new() { Name = "Tell me why" }).ClickAsync();
        await Expect(page.GetByText($"{path} in {Twin} {answer}")).ToBeVisibleAsync();
    }

    private static async Task LookAtPackagesAsync(IPage page, string name)
    {
        await OpenAsync(page, "/packages");
        await page.Locator("#package-search").FillAsync("dpkg");
        var row = page.Locator("tr", new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "dpkg", Exact = true }) });
        await Expect(row).ToContainTextAsync($"{name}, {Twin}");
        await Pictures.TakeAsync(page, "packages");
        await OpenAsync(page, $"/vservers/{name}?tab=packages");
        await Expect(page.Locator(".vp-package-name b").First).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "vserver-packages");
    }

    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await Expect(page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();
    }

    private static Task NextAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
}
