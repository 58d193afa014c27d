using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.E2E;

/// <summary>A stopped vserver gets a directory of the host, another host name, another name and its old one again, goes to the trash, and comes back.</summary>
internal static class RenamingJourney
{
    private const string First = "spare1";
    private const string Second = "spare2";

    public static async Task RunAsync(IPage page, TrialHost host)
    {
        await Shell.RunAsync(host.Command, [First, "build", "--method", "skeleton", "--hostname", First]);
        await ShareAsync(page, host);
        await ReaddressAsync(page);
        await RenameAsync(page);
        await DeleteAndRestoreAsync(page);
        await Shell.RunAsync(host.Command, [Second, "delete", "--confirm", Second, "--now"]);
    }

    /// <summary>A directory of the host that root has allowed, on the vserver's page; the panel takes it away and gives it back.</summary>
    private static async Task ShareAsync(IPage page, TrialHost host)
    {
        var source = Directory.CreateDirectory($"{host.Prefix}/srv/photos").FullName;
        await Shell.RunAsync(host.Command, [First, "share", "add", source, "/home/photos", "--ro"]);
        await OpenAsync(page, $"/vservers/{First}");
        await page.GetByLabel("Remove /home/photos").ClickAsync();
        await Expect(page.GetByText("None.")).ToBeVisibleAsync();
        await page.GetByText("Share a directory").ClickAsync();
        await page.Locator("#share-source").FillAsync("/etc");
        await page.Locator("#share-target").FillAsync("/home/photos");
        await page.GetByRole(AriaRole.Button, new() { Name = "Share it" }).ClickAsync();
        await Expect(page.GetByText("as long as root has not said so")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "share-refused");
        await page.Locator("#share-source").FillAsync(source);
        await page.GetByRole(AriaRole.Button, new() { Name = "Share it" }).ClickAsync();
        await Expect(page.GetByLabel("Remove /home/photos")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "share-added");
    }

    private static async Task ReaddressAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Change name and addresses" }).ClickAsync();
        await page.Locator("#hostname").FillAsync("spare.example.net");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what changes" }).ClickAsync();
        await Expect(page.Locator(".vp-added").First).ToContainTextAsync("spare.example.net");
        await Pictures.TakeAsync(page, "readdress-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"To {First}" }).ClickAsync();
        await Expect(page.GetByText("spare.example.net")).ToBeVisibleAsync();
    }

    private static async Task RenameAsync(IPage page)
    {
        await OpenAsync(page, $"/vservers/{First}");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Rename {First}" }).ClickAsync();
        await page.Locator("#new-name").FillAsync(Second);
        await Expect(page.GetByText($"vserver {First} rename {Second}")).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "rename-plan");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Rename", Exact = true }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = $"To {Second}" })).ToBeVisibleAsync();
        await Pictures.TakeAsync(page, "rename-result");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Call it {First} again" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"To {First}" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/vservers/{First}$", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    private static async Task DeleteAndRestoreAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = $"Delete {First}" }).ClickAsync();
        await page.Locator("#confirm").FillAsync(First);
        await Pictures.TakeAsync(page, "delete-plan");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "To the trash" }).ClickAsync();

        await Expect(page.Locator("tr", new() { HasText = First })).ToContainTextAsync("B");
        await Pictures.TakeAsync(page, "trash");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore …" }).First.ClickAsync();
        await page.Locator("#restored-name").FillAsync(Second);
        await page.Locator("#restored-name").BlurAsync();
        var restore = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Restore", Exact = true });
        await Expect(restore).ToBeEnabledAsync();
        await Pictures.TakeAsync(page, "trash-restore");
        await restore.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"To {Second}" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync($"{Second} Stopped");
    }

    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await Expect(page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();
    }
}
