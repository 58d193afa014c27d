using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>The receiving end of a move, asked over ssh.</summary>
internal sealed class MoveTarget(Invocation call, string peer)
{
    // the longest are walks over the tree, a copy of it, and writing it to a slow disk, with all that others have written there
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_walk = TimeSpan.FromHours(6);

    private readonly PeerSsh _ssh = new(call.Paths, new PeerStore(call.Paths).Require(peer));

    public PeerReport Check()
    {
        new OwnKey(call.Paths).Read();
        return _ssh.Ask<PeerReport>("check", s_patience, call.Cancel);
    }

    /// <summary>Whether a failure leaves it open what the target has done.</summary>
    public static bool IsUncertain(Exception e) => e is not ProblemException { Code: not (ProblemCode.Unreachable or ProblemCode.TimedOut or ProblemCode.Terminated or ProblemCode.CommandFailed or ProblemCode.Internal or ProblemCode.InputOutput) };

    public IncomingAnswer Ask(string word, IncomingRequest request, CancellationToken cancel)
    {
        var answer = _ssh.Ask(word, JsonSerializer.Serialize(request, IncomingJson.Default.IncomingRequest), word is "measure" or "activate" or "start" or "sync" or "standby-begin" or "standby-complete" ? s_walk : s_patience, cancel);
        return Read(peer, answer);
    }

    /// <exception cref="ProblemException">Terminated: it is none; CommandFailed: it is not one of ours.</exception>
    internal static IncomingAnswer Read(string peer, JsonElement answer)
    {
        try
        {
            return answer.Deserialize(IncomingJson.Default.IncomingAnswer) ?? throw new ProblemException(ProblemCode.Terminated, $"{peer} ended without an answer.");
        }
        catch (JsonException e)
        {
            throw PeerSsh.NotOurs(peer, e);
        }
    }
}
