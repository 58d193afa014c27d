using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Standby;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME restart</c>: only if it runs.</summary>
internal sealed class RestartVerb : Verb
{
    public override string Name => "restart";

    public override bool OpenToPanel => true;

    public override string Summary => "stop and start the vserver, if it runs";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!NoArguments.Require(this, arguments))
        {
            return ExitCodes.Success;
        }

        // before it is stopped: it could not be started again
        var stopped = StandbyRule.Refusal(call.Paths, call.Registry.Find(name))
            ?? (new RunStateStore(call.Paths).FindRunning(name) is null ? new ProblemException(ProblemCode.NotRunning, $"Server {name} is not running", exitCode: ExitCodes.Stopped) : null);
        if (call.Options.Plan)
        {
            return LifecyclePlan.TellStart(call, name, [.. LifecyclePlan.Stop(call, name), .. LifecyclePlan.Start(call, name)], stopped);
        }

        if (stopped is not null)
        {
            throw stopped;
        }

        return OperationRunner.Run(call, LifecycleOperation.Kind("restart", name), operation =>
        {
            new StopHandler(operation, name).Run();
            operation.Undo.Continue();
            new StartHandler(operation, name, StartHandler.LeaveCaller()).Run();
            return (null, $"Server {name} is running");
        });
    }
}
