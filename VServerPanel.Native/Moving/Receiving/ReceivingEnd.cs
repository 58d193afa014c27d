using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>How this host answers a peer, about moves and about copies that are kept.</summary>
internal sealed class ReceivingEnd(Invocation call)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Answers with what an operation on that vserver says; it is on record.</summary>
    public int Run(string kind, VServerName name, Guid id, Func<Operation, IncomingAnswer> body) => OperationRunner.Run(
        call,
        new OperationKind(kind, name) { VServerId = id, IsJob = false, Patience = s_patience },
        operation => (ToElement(body(operation)), null));

    /// <summary>The lock of the name; what was cut off on it is finished then.</summary>
    public VServerLocks Lock(string kind, VServerName name) =>
        OperationRunner.Lock(call with { Report = new NestedReporter(call.Report) }, new OperationKind(kind, name) { Patience = s_patience });

    public int Tell(IncomingAnswer answer)
    {
        call.Report.Result(ToElement(answer), null);
        return ExitCodes.Success;
    }

    public static JsonElement ToElement(IncomingAnswer answer) => JsonSerializer.SerializeToElement(answer, IncomingJson.Default.IncomingAnswer);
}
