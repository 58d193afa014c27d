using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace VServerPanel.Bench;

/// <summary>The list page with many vservers against the same page with ten: the published panel over a host command that tells as many.</summary>
/// <remarks>Three figures: until the first row is there, from a change on the host to the row, and from a key in the search to its result.</remarks>
internal static class ListPageBench
{
    private const int Runs = 11;
    private const int Few = 10;

    public static async Task<int> RunAsync(int vservers)
    {
        // a missing panel is no panel to measure, and one of yesterday's neither
        Shell.Run("make", ["--no-print-directory", "-s", "-C", Shell.RepositoryRoot(), "panel"]);
        SetDefaultExpectTimeout(30_000);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--disable-gpu", "--disable-quic", "--no-sandbox"],
        });
        await using var few = await ListPage.OpenAsync(browser, Few);
        await using var many = await ListPage.OpenAsync(browser, vservers);

        // in turn, so that whatever else the machine does meets both; the first run of each only warms up
        for (var run = -1; run < Runs; run++)
        {
            await few.MeasureAsync(run);
            await many.MeasureAsync(run);
        }

        Tell("first row after", few.Load, many.Load, vservers);
        Tell("a change on the host is in the row after", few.Change, many.Change, vservers);
        Tell("a search shows its result after", few.Search, many.Search, vservers);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rows in the page's document: {few.Rows} and {many.Rows}"));
        return 0;
    }

    private static void Tell(string what, List<double> few, List<double> many, int vservers) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what} {Shell.Median(few):0} ms with {Few}, {Shell.Median(many):0} ms with {vservers} (ratio {Shell.Median(many) / Shell.Median(few):0.00}, medians of {Runs})"));

    /// <summary>A panel with so many vservers, and its list in a browser.</summary>
    private sealed class ListPage : IAsyncDisposable
    {
        private readonly PanelProcess _panel;
        private readonly IBrowserContext _context;
        private readonly IPage _page;
        private readonly string _change;
        private readonly int _vservers;

        private ListPage(PanelProcess panel, IBrowserContext context, IPage page, string change, int vservers) =>
            (_panel, _context, _page, _change, _vservers) = (panel, context, page, change, vservers);

        public List<double> Load { get; } = [];

        public List<double> Change { get; } = [];

        public List<double> Search { get; } = [];

        public int Rows { get; private set; }

        public static async Task<ListPage> OpenAsync(IBrowser browser, int vservers)
        {
            var directory = Directory.CreateTempSubdirectory("vserver-bench-").FullName;
            var change = Path.Combine(directory, "change");
            await File.WriteAllTextAsync(change, "");
            var panel = new PanelProcess(directory, vservers);
            var context = await browser.NewContextAsync(new() { BaseURL = panel.Address, ViewportSize = new() { Width = 1280, Height = 900 } });
            var page = await context.NewPageAsync();
            await SignInAsync(page, panel.FirstAdministratorLink());
            return new ListPage(panel, context, page, change, vservers);
        }

        public async Task MeasureAsync(int run)
        {
            var clock = Stopwatch.StartNew();
            await _page.GotoAsync("/vservers");
            await Expect(_page.Locator("tbody a[href='/vservers/vs0001']")).ToBeVisibleAsync();
            var load = clock.Elapsed.TotalMilliseconds;
            Rows = await _page.Locator("tbody tr").CountAsync();

            var description = $"changed {run + 2}";
            await _page.WaitForTimeoutAsync(500);
            clock.Restart();
            await File.AppendAllTextAsync(_change, FakeHost.Status(1, description) + "\n");
            await Expect(_page.GetByText(description, new() { Exact = true })).ToBeVisibleAsync();
            var changed = clock.Elapsed.TotalMilliseconds;

            clock.Restart();
            await _page.Locator("#search").FillAsync(FakeHost.NameOf(_vservers));
            await Expect(_page.Locator("tbody a")).ToHaveCountAsync(1);
            if (run >= 0)
            {
                Load.Add(load);
                Change.Add(changed);
                Search.Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _context.DisposeAsync();
            _panel.Dispose();
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
    }
}
