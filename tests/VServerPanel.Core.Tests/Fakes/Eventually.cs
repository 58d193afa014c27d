namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Waits for what happens in the background, up to a limit that only a fault reaches.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var limit = DateTime.UtcNow + TimeSpan.FromSeconds(60);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < limit, $"did not happen within 60 s: {what}");
            await Task.Delay(15, TestContext.Current.CancellationToken);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);
}
