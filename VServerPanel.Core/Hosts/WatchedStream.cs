using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>What a host tells with <c>--watch</c>: all there is, then what changes, and a word now and then while nothing does.</summary>
/// <param name="host">The host.</param>
/// <param name="time">The clock of its silence.</param>
/// <param name="tool">The tool that tells.</param>
/// <param name="what">What it tells of, for messages: <c>vservers</c>.</param>
/// <param name="silence">How long it may say nothing; it has a word every 10 s.</param>
internal sealed class WatchedStream(IHostCommand host, TimeProvider time, string tool, string what, TimeSpan silence)
{
    /// <summary>Reads one stream to its end.</summary>
    /// <param name="take">Called with each item, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Why it ended, as a sentence for the pages: whatever it is, they shall show it, and who reads goes on.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<string> ReadAsync(Action<ItemEvent> take, CancellationToken cancellationToken)
    {
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var watchdog = time.CreateTimer(_ => silent.Cancel(), null, silence, Timeout.InfiniteTimeSpan);
        try
        {
            await foreach (var wireEvent in host.RunAsync(new HostRequest([tool, "--watch"]) { IsStream = true }, silent.Token))
            {
                watchdog.Change(silence, Timeout.InfiniteTimeSpan);
                switch (wireEvent)
                {
                    case ItemEvent item:
                        take(item);
                        break;
                    case ProblemEvent problem:
                        return problem.Message;
                }
            }

            return $"{host.HostName} ended the list of its {what}.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{host.HostName} said nothing for {silence.TotalSeconds:0} seconds.";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e is HostProblemException ? e.Message : $"The list of {what} could not be read: {e.Message}";
        }
    }
}
