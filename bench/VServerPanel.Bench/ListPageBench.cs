using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.Bench;

/// <summary>The list page with many vservers against the same page with ten: the published panel over a host command that tells as many.</summary>
/// <remarks>Three figures: until the first row is there, from a change on the host to the row, and from a key in the search to its result.</remarks>
internal static class ListPageBench
{
    private const int Runs = 7;
    private const int Few = 10;

    public static async Task<int> RunAsync(int vservers)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--disable-gpu", "--disable-quic", "--no-sandbox"],
        });
        var few = await MeasureAsync(browser, Few);
        var many = await MeasureAsync(browser, vservers);
        Tell("first row after", few.Load, many.Load, vservers);
        Tell("a change on the host is in the row after", few.Change, many.Change, vservers);
        Tell("a search shows its result after", few.Search, many.Search, vservers);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rows in the page's document: {few.Rows} and {many.Rows}"));
        return 0;
    }

    private static void Tell(string what, List<double> few, List<double> many, int vservers) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what} {Shell.Median(few):0} ms with {Few}, {Shell.Median(many):0} ms with {vservers} (ratio {Shell.Median(many) / Shell.Median(few):0.00}, medians of {Runs})"));

    private static async Task<Figures> MeasureAsync(IBrowser browser, int vservers)
    {
        var directory = Directory.CreateTempSubdirectory("vserver-bench-").FullName;
        var change = Path.Combine(directory, "change");
        await File.WriteAllTextAsync(change, "");
        using var panel = new PanelProcess(directory, vservers);
        await using var context = await browser.NewContextAsync(new() { BaseURL = panel.Address, ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        await SignInAsync(page, panel.FirstAdministratorLink());
        var figures = new Figures();
        for (var run = -1; run < Runs; run++)
        {
            var clock = Stopwatch.StartNew();
            await page.GotoAsync("/vservers");
            await Expect(page.Locator("tbody a[href='/vservers/vs0001']")).ToBeVisibleAsync();
            var load = clock.Elapsed.TotalMilliseconds;
            figures.Rows = await page.Locator("tbody tr").CountAsync();

            var description = $"changed {run + 2}";
            await page.WaitForTimeoutAsync(500);
            clock.Restart();
            await File.AppendAllTextAsync(change, FakeHost.Status(1, description) + "\n");
            await Expect(page.GetByText(description)).ToBeVisibleAsync(new() { Timeout = 20_000 });
            var changed = clock.Elapsed.TotalMilliseconds;

            clock.Restart();
            await page.Locator("#search").FillAsync(FakeHost.NameOf(vservers));
            await Expect(page.Locator("tbody a")).ToHaveCountAsync(1);
            if (run >= 0)
            {
                figures.Load.Add(load);
                figures.Change.Add(changed);
                figures.Search.Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        return figures;
    }

    private static async Task SignInAsync(IPage page, string link)
    {
        await page.GotoAsync(link);
        await page.Locator("#user").FillAsync("bench");
        await page.Locator("#password").FillAsync("correct horse battery staple");
        await page.Locator("#again").FillAsync("correct horse battery staple");
        await page.Locator("button[type=submit]").ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/setup", StringComparison.Ordinal));
    }

    private sealed class Figures
    {
        public List<double> Load { get; } = [];

        public List<double> Change { get; } = [];

        public List<double> Search { get; } = [];

        public int Rows { get; set; }
    }
}
