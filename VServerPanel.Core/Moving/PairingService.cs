using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>One of two hosts of the panel that are to be paired, as it is found.</summary>
/// <param name="Host">Its name in the panel, by which the other one will know it.</param>
/// <param name="Keys">Its keys; null where it has none for other hosts yet.</param>
/// <param name="Address">Where the other one is to reach it: a proposal.</param>
/// <param name="Port">Of its sshd: a proposal.</param>
/// <param name="HostKey">The key that the other one is to pin; null where none of its sshd's is found.</param>
/// <param name="Allows">Whether it lets the other one send vservers, by whatever key.</param>
/// <param name="Knows">Whether it knows the other one.</param>
public sealed record PairingSide(string Host, HostKeys? Keys, string Address, int Port, string? HostKey, bool Allows, bool Knows);

/// <summary>Pairs two hosts of the panel for moves, both ways: what is else done in four steps on two hosts, by hand. Each step is recorded on its host.</summary>
public sealed class PairingService
{
    private const string BestKey = "ssh-ed25519 ";
    private const int UsualPort = 22;

    private readonly Fleet _fleet;
    private readonly HostCatalogue _catalogue;

    internal PairingService(Fleet fleet, HostCatalogue catalogue) => (_fleet, _catalogue) = (fleet, catalogue);

    /// <summary>The hosts that one could be paired with now: those that answer.</summary>
    public IReadOnlyList<HostServices> OthersOf(string name) => [.. _fleet.All.Where(h => h.Name != name && h.Directory.Snapshot.Connection.State is DirectoryConnection.Live)];

    /// <summary>How both are: their keys, by the way that the panel has to each. Nothing is changed.</summary>
    /// <exception cref="HostProblemException">One of them does not answer.</exception>
    public async Task<(PairingSide One, PairingSide Other)> LookAsync(string one, string other, CancellationToken cancellationToken = default)
    {
        var sides = await Task.WhenAll(SideAsync(Require(one), other, cancellationToken), SideAsync(Require(other), one, cancellationToken));
        return (sides[0], sides[1]);
    }

    /// <summary>Makes the keys for other hosts where there are none yet.</summary>
    /// <exception cref="HostProblemException">One of them refused.</exception>
    public async Task MakeKeysAsync(PairingSide one, PairingSide other, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        foreach (var side in new[] { one, other }.Where(s => s.Keys is null))
        {
            await PeersOf(side.Host).MakeKeysAsync(caller);
        }
    }

    /// <summary>Pairs them by the keys that were looked at: each pins the other's host key, and lets its key in. What fails is taken back as far as it went.</summary>
    /// <exception cref="HostProblemException">A key is missing, or one of them refused.</exception>
    public async Task PairAsync(PairingSide one, PairingSide other, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        foreach (var side in new[] { one, other })
        {
            Check(side);
        }

        var undo = new Stack<(string What, Func<Task> Do)>();
        try
        {
            // who is let in last cannot do anything before the rest is there
            await AddAsync(one, other, caller, undo);
            await AddAsync(other, one, caller, undo);
            await AllowAsync(one, other, caller, undo);
            await AllowAsync(other, one, caller, undo);
        }
        catch (HostProblemException e)
        {
            var left = await UndoAsync(undo);
            throw new HostProblemException(e.Code, $"{e.Message} {(left.Count == 0 ? "The two are as they were before." : $"Not taken back, because a host did not answer: {string.Join("; ", left)}.")}", e);
        }
    }

    private async Task AddAsync(PairingSide at, PairingSide peer, Caller caller, Stack<(string, Func<Task>)> undo)
    {
        var peers = PeersOf(at.Host);
        await peers.AddAsync(peer.Host, peer.Address, peer.Port, peer.HostKey!, caller);
        if (!at.Knows)
        {
            undo.Push(($"{at.Host} knows {peer.Host}", () => peers.RemoveAsync(peer.Host, caller)));
        }
    }

    private async Task AllowAsync(PairingSide at, PairingSide peer, Caller caller, Stack<(string, Func<Task>)> undo)
    {
        var peers = PeersOf(at.Host);
        await peers.AllowAsync(peer.Host, peer.Keys!.PublicKey, caller);
        if (!at.Allows)
        {
            undo.Push(($"{at.Host} lets {peer.Host} send vservers", () => peers.DenyAsync(peer.Host, caller)));
        }
    }

    private static async Task<List<string>> UndoAsync(Stack<(string What, Func<Task> Do)> undo)
    {
        List<string> left = [];
        foreach (var (what, takeBack) in undo)
        {
            try
            {
                await takeBack();
            }
            catch (HostProblemException)
            {
                left.Add(what);
            }
        }

        return left;
    }

    private async Task<PairingSide> SideAsync(HostServices host, string other, CancellationToken cancellationToken)
    {
        var peers = host.Get<PeerService>();
        var keys = await peers.FindKeysAsync(cancellationToken);
        var list = await peers.ListAsync(cancellationToken);
        var pinned = (await _catalogue.ListAsync(cancellationToken)).FirstOrDefault(k => k.Host.Name == host.Name)?.Host;
        var offered = keys?.SshHostKeys ?? [];

        // the one that the panel itself knows the host by, where that sshd has it
        var key = offered.FirstOrDefault(k => k == pinned?.HostKey) ?? offered.FirstOrDefault(k => k.StartsWith(BestKey, StringComparison.Ordinal)) ?? (offered.Count > 0 ? offered[0] : pinned?.HostKey);
        var address = pinned?.Address ?? ((await host.Get<HostService>().InfoAsync(cancellationToken: cancellationToken)).Addresses is [var first, ..] ? first : "");
        return new PairingSide(host.Name, keys, address, pinned?.Port ?? UsualPort, key, list.Allowed.Any(a => a.Name == other), list.Peers.Any(p => p.Name == other));
    }

    private static void Check(PairingSide side)
    {
        if (!MoveRequest.IsPeerName(side.Host))
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"'{side.Host}' cannot be the name of a peer: 1 to 32 letters, digits, '.', '_' or '-'. Pair it by hand under a shorter one.");
        }

        if (side.Keys is null)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"{side.Host} has no key for other hosts yet. Make it, look at it, and pair them then.");
        }

        if (side.HostKey is null)
        {
            throw new HostProblemException(ProblemCode.NotFound, $"No host key of {side.Host}'s sshd is in /etc/ssh there. Pair the two by hand, with the key that its sshd has.");
        }
    }

    private PeerService PeersOf(string host) => Require(host).Get<PeerService>();

    private HostServices Require(string host) => _fleet.Find(host) ?? throw new HostProblemException(ProblemCode.NotFound, $"There is no host {host} in this panel. It may have been removed meanwhile.");
}
