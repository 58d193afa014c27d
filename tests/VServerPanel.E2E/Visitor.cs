using System.Diagnostics;

namespace VServerPanel.E2E;

/// <summary>A client of a web server that asks again and again, each time by a connection of its own, and remembers how long it was not served.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _over = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Uri _address;
    private readonly string _wanted;
    private readonly Task _asking;
    private TimeSpan? _last;

    /// <param name="address">What is asked for.</param>
    /// <param name="wanted">The answer; any other is taken for none.</param>
    public Visitor(string address, string wanted)
    {
        (_address, _wanted) = (new Uri(address), wanted);
        _asking = Task.Run(AskAsync);
    }

    /// <summary>How often it was served.</summary>
    public int Served { get; private set; }

    /// <summary>The longest time between two answers that were right.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>Waits until it was served some more times.</summary>
    public async Task ServedAgainAsync(int times)
    {
        var wanted = Served + times;
        var patience = Stopwatch.StartNew();
        while (Served < wanted)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), $"{_address} serves nobody.");
            await Task.Delay(s_pause);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _asking;
        _over.Dispose();
    }

    private async Task AskAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            if (await IsServedAsync())
            {
                var now = _clock.Elapsed;
                LongestGap = _last is { } last && now - last > LongestGap ? now - last : LongestGap;
                (_last, Served) = (now, Served + 1);
            }

            await Task.Delay(s_pause);
        }
    }

    private async Task<bool> IsServedAsync()
    {
        // a connection that is kept would hang where the address has moved
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(1) };
        try
        {
            return (await client.GetStringAsync(_address)).TrimEnd() == _wanted;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return false;
        }
    }
}
