using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Standby.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary><c>vserver-receive --peer NAME</c>: what a peer's key may call, as the forced command of its line in authorized_keys.</summary>
/// <remarks>The peer is not trusted: its words come in SSH_ORIGINAL_COMMAND, are compared with those that there are, and never reach a shell or a program.</remarks>
internal sealed class VServerReceiveTool : Tool
{
    public const string ToolName = "vserver-receive";

    // a conf file in base64, and some words
    private const int LongestRequest = 2 << 20;
    private const string AskedVariable = "SSH_ORIGINAL_COMMAND";

    // said by ourselves to the process that becomes rsync: a forced command has no words of the peer's
    private const string WatchedWord = "--watched";

    public override string Name => ToolName;

    public override bool IsInternal => true;

    public override string Summary => "answers to another host";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is not (["--peer", _] or ["--peer", _, WatchedWord]))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "Usage: vserver-receive --peer NAME");
        }

        var peer = Peer.CheckName(arguments[1]);
        new PeerPermission(call.Paths).Demand(peer);
        switch (Environment.GetEnvironmentVariable(AskedVariable))
        {
            case "hold":
                Hold(call, peer);
                return ExitCodes.Success;
            case "check":
                call.Report.Result(OwnReport.Make(call));
                return ExitCodes.Success;
            case { } asked when asked.StartsWith("rsync ", StringComparison.Ordinal):
                var words = RsyncServerWords.Parse(asked);
                var tree = TreeOf(words.MoveId, peer, call);
                if (arguments is not [_, _, WatchedWord])
                {
                    return ReceivingWatch.Run(tree, ["--json", "--as", ToolName, "--peer", peer, WatchedWord], AskedVariable, asked, () => Distrust(words.MoveId, call));
                }

                // asked again under the lock: it may have become a vserver in between
                using (TreeWriters.Join(tree))
                {
                    return ReceivingRoot.Become(call.Paths, TreeOf(words.MoveId, peer, call), words.Options);
                }

            case { } asked when new ArrivalHandler(call, peer).Answer(asked, ReadRequest) is { } code:
                return code;
            case { } asked when new CopyArrival(call, peer).Answer(asked, ReadRequest) is { } code:
                return code;
            default:
                throw new ProblemException(ProblemCode.NotPermitted, "This key is for vservers that come from another host, and for nothing else.");
        }
    }

    /// <summary>What lies there is compared by its contents, or made anew, as after a power cut.</summary>
    private static void Distrust(string id, Invocation call)
    {
        var (moves, copies) = (new IncomingStore(call.Paths), new KeptCopyStore(call.Paths));
        if ((moves.Find(id)?.Request.VServer ?? copies.Find(id)?.VServer) is not { } name)
        {
            return;
        }

        // what goes to our output is rsync's
        using var locks = new ReceivingEnd(call with { Report = new UnheardReporter() }).Lock("arrive", name);
        if (moves.Find(id) is { } incoming)
        {
            moves.Save(incoming with { BootId = null });
        }
        else if (copies.Find(id) is { } copy)
        {
            copies.Save(copy with { BootId = null });
        }
    }

    private static string TreeOf(string id, string peer, Invocation call) => new KeptCopyStore(call.Paths).FindTree(id, peer) ?? new IncomingStore(call.Paths).RequireTree(id, peer);

    // keeps the connection open that other words of its source go through, as long as the source lives: its end closes our input
    private static void Hold(Invocation call, string peer)
    {
        using var presence = PeerPresence.Begin(call.Paths, peer);
        call.Report.Info("Held.");
        using var input = Console.OpenStandardInput();
        Span<byte> nothing = stackalloc byte[64];
        while (input.Read(nothing) > 0)
        {
        }

        call.Report.Result(null, null);
    }

    // one line, which must not take our memory
    private static IncomingRequest ReadRequest()
    {
        var buffer = new byte[LongestRequest];
        using var input = Console.OpenStandardInput();
        var length = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        try
        {
            return (JsonSerializer.Deserialize(buffer.AsSpan(0, length), IncomingJson.Default.IncomingRequest) ?? throw new JsonException("it is empty")).Checked();
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"This is no request for a move: {e.Message}");
        }
    }
}
