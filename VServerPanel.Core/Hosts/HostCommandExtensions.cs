using System.Text.Json;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>The two usual ways to ask a host: for one result, or for a list.</summary>
public static class HostCommandExtensions
{
    // ten times of what the longest true list has: a host that was taken over must not fill the panel's memory
    private const int MostItems = 100_000;

    /// <summary>Runs a tool to its end and returns its result.</summary>
    /// <exception cref="HostProblemException">It ended with a problem, or its answer is not a <typeparamref name="T"/>.</exception>
    public static async Task<T> AskAsync<T>(this IHostCommand host, HostRequest request, CancellationToken cancellationToken = default)
    {
        var result = await host.RunToEndAsync(request, cancellationToken: cancellationToken);
        return Read<T>(result.Data ?? throw Misread($"{request.Words[0]} gave no result"));
    }

    /// <summary>Runs a tool to its end and returns its items of one kind.</summary>
    /// <exception cref="HostProblemException">It ended with a problem, or an item is not a <typeparamref name="T"/>.</exception>
    public static async Task<IReadOnlyList<T>> ListAsync<T>(this IHostCommand host, HostRequest request, string kind, CancellationToken cancellationToken = default)
    {
        var items = new List<T>();
        await host.RunToEndAsync(request, item => Add(item), cancellationToken);
        return items;

        void Add(WireEvent wireEvent)
        {
            if (wireEvent is ItemEvent item && item.Kind == kind)
            {
                if (items.Count == MostItems)
                {
                    throw new HostProblemException(ProblemCode.Unsupported, $"{request.Words[0]} on {host.HostName} tells of more than {MostItems:N0} items, which no host has. Its list is not read.");
                }

                items.Add(Read<T>(item.Data));
            }
        }
    }

    /// <summary>Runs a tool to its end, telling each line before the last one.</summary>
    /// <exception cref="HostProblemException">It ended with a problem.</exception>
    public static Task<ResultEvent> RunToEndAsync(this IHostCommand host, HostRequest request, Action<WireEvent>? each = null, CancellationToken cancellationToken = default) =>
        host.FollowToEndAsync(request, wireEvent =>
        {
            each?.Invoke(wireEvent);
            return ValueTask.CompletedTask;
        }, cancellationToken);

    /// <summary>Runs a tool to its end, waiting after each line before the last one until it is dealt with: the tool is held up meanwhile.</summary>
    /// <exception cref="HostProblemException">It ended with a problem.</exception>
    public static async Task<ResultEvent> FollowToEndAsync(this IHostCommand host, HostRequest request, Func<WireEvent, ValueTask> each, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(each);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!request.IsStream)
        {
            patience.CancelAfter(request.Patience);
        }

        try
        {
            await foreach (var wireEvent in host.RunAsync(request, patience.Token))
            {
                switch (wireEvent)
                {
                    case ResultEvent result:
                        return result;
                    case ProblemEvent problem:
                        throw new HostProblemException(problem);
                    default:
                        await each(wireEvent);
                        patience.Token.ThrowIfCancellationRequested();
                        break;
                }
            }
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // of what changes something the end is not known: its journal tells
            throw new HostProblemException(
                request.JobId is null ? ProblemCode.TimedOut : ProblemCode.Terminated,
                $"{request.Words[0]} on {host.HostName} has not come to an end for {request.Patience.TotalMinutes:0.#} minutes, and is not waited for any longer.",
                e);
        }

        throw new HostProblemException(ProblemCode.Terminated, $"{request.Words[0]} on {host.HostName} ended without an answer.");
    }

    internal static T Read<T>(JsonElement data)
    {
        try
        {
            return WireProtocol.FromElement<T>(data);
        }
        catch (JsonException e)
        {
            throw Misread(e.Message);
        }
    }

    private static HostProblemException Misread(string why) =>
        new(ProblemCode.Internal, $"The host's answer could not be read: {why}. Panel and host command may be of different versions.");
}
