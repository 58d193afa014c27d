using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>A host whose answers are scripted, by the beginning of the command.</summary>
internal sealed class FakeHost(string name = "host1") : IHostCommand
{
    private readonly ConcurrentDictionary<string, Func<HostRequest, CancellationToken, IAsyncEnumerable<WireEvent>>> _answers = new(StringComparer.Ordinal);

    public string HostName => name;

    public ConcurrentQueue<HostRequest> Requests { get; } = new();

    public IEnumerable<string> Commands => Requests.Select(r => string.Join(' ', r.Words));

    public void On(string beginning, params WireEvent[] events) => OnCall(beginning, (_, _) => Tell(events));

    public void On(string beginning, Func<HostRequest, IEnumerable<WireEvent>> answer) => OnCall(beginning, (request, _) => Tell(answer(request)));

    public void OnCall(string beginning, Func<HostRequest, CancellationToken, IAsyncEnumerable<WireEvent>> answer) => _answers[beginning] = answer;

    public async IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Requests.Enqueue(request);
        var line = string.Join(' ', request.Words);
        var answer = _answers.Where(a => line.StartsWith(a.Key, StringComparison.Ordinal)).OrderByDescending(a => a.Key.Length).Select(a => a.Value).FirstOrDefault();
        if (answer is null)
        {
            yield return new ProblemEvent(ProblemCode.NotFound, $"the fake host has no answer to '{line}'");
            yield break;
        }

        await foreach (var wireEvent in answer(request, cancellationToken))
        {
            yield return wireEvent;
        }
    }

    public static ItemEvent Item<T>(string kind, T value) => new(kind, WireProtocol.ToElement(value));

    public static ResultEvent Result<T>(T value) => new(WireProtocol.ToElement(value));

    private static async IAsyncEnumerable<WireEvent> Tell(IEnumerable<WireEvent> events)
    {
        foreach (var wireEvent in events)
        {
            await Task.Yield();
            yield return wireEvent;
        }
    }
}
