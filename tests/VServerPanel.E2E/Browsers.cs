using Microsoft.Playwright;

namespace VServerPanel.E2E;

/// <summary>The browser of this machine.</summary>
internal static class Browsers
{
    /// <summary>Tests with a browser and hosts of their own run one after the other: each wants the whole machine.</summary>
    public const string Collection = "browsers";

    /// <summary>Milliseconds for what makes, copies or syncs files: a disk that others keep busy takes its time.</summary>
    public const float Operation = 240_000;

    /// <param name="panel">Address of a panel that is not on this machine: what browsers want TLS for is taken for good there.</param>
    public static async Task<(IPlaywright Playwright, IBrowser Browser)> LaunchAsync(string? panel = null)
    {
        // the host answers through sudo and a process of its own; a busy machine needs its time
        Assertions.SetDefaultExpectTimeout(60_000);
        var playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--disable-gpu", "--disable-quic", "--no-sandbox", .. panel is null ? Array.Empty<string>() : ["--unsafely-treat-insecure-origin-as-secure=" + panel]],
        }));
    }
}
