using Microsoft.Playwright;

namespace VServerPanel.E2E;

/// <summary>What the page showed when a journey ended too early: without it, all that is known is what was not there.</summary>
internal static class Failures
{
    /// <summary>Runs the journey; where it fails, writes the page's address and text to the test's output.</summary>
    public static async Task ToldAsync(IPage page, ITestOutputHelper output, Func<Task> journey)
    {
        try
        {
            await journey();
        }
        catch
        {
            output.WriteLine($"{page.Url}\n{await page.Locator("body").InnerTextAsync(new() { Timeout = 5_000 })}");
            throw;
        }
    }
}
