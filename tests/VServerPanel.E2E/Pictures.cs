using Microsoft.Playwright;

namespace VServerPanel.E2E;

/// <summary>Screenshots for whoever wants to look: into the directory that VSERVER_PICTURES names, else none.</summary>
internal static class Pictures
{
    private static readonly string? s_directory = Environment.GetEnvironmentVariable("VSERVER_PICTURES");

    /// <summary>The page as it is, wide and narrow, light and dark.</summary>
    public static async Task TakeAsync(IPage page, string name)
    {
        if (string.IsNullOrEmpty(s_directory))
        {
            return;
        }

        var size = page.ViewportSize!;
        foreach (var (width, scheme) in new[] { (390, ColorScheme.Light), (1280, ColorScheme.Dark), (390, ColorScheme.Dark), (1280, ColorScheme.Light) })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.WaitForTimeoutAsync(300);
            await page.ScreenshotAsync(new() { Path = Path.Combine(s_directory, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}.png"), FullPage = true });
        }

        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Null });
        await page.SetViewportSizeAsync(size.Width, size.Height);
    }
}
