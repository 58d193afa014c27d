using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Moving;

/// <summary>What a peer answered when it was asked; one of both.</summary>
public sealed record PeerAnswer(PeerReport? Report, Exception? Problem);

/// <summary>Asks peers what they are, all at once; each answer is told when it comes.</summary>
public sealed class PeerChecks
{
    private readonly Dictionary<string, PeerAnswer> _answers = new(StringComparer.Ordinal);

    /// <summary>What it answered; null while it is asked.</summary>
    public PeerAnswer? Of(string name) => _answers.GetValueOrDefault(name);

    /// <summary>Free bytes there; 0 where that is not known.</summary>
    public long RoomOf(string name) => Of(name)?.Report?.BytesFree ?? 0;

    /// <summary>Asks them all. To be called on the renderer's context.</summary>
    public async Task RunAsync(PeerService service, IEnumerable<PeerInfo> peers, Action changed, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(service);
        await Task.WhenAll(peers.Select(async peer =>
        {
            _answers.Remove(peer.Name);
            try
            {
                _answers[peer.Name] = new PeerAnswer(await service.CheckAsync(peer.Name, stopping), null);
            }
            catch (HostProblemException e)
            {
                _answers[peer.Name] = new PeerAnswer(null, e);
            }

            changed();
        }));
    }
}
