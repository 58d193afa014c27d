using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME start</c></summary>
internal sealed class StartVerb : Verb
{
    public override string Name => "start";

    public override bool OpenToPanel => true;

    public override string Summary => "start the vserver";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!NoArguments.Require(this, arguments))
        {
            return ExitCodes.Success;
        }

        if (call.Options.Plan)
        {
            var running = new RunStateStore(call.Paths).FindRunning(name) is null ? null : new ProblemException(ProblemCode.AlreadyRunning, $"Server {name} is already running.");
            return LifecyclePlan.TellStart(call, name, LifecyclePlan.Start(call, name), running);
        }

        var leaving = StartHandler.LeaveCaller();
        return OperationRunner.Run(call, LifecycleOperation.Kind("start", name), operation =>
        {
            new StartHandler(operation, name, leaving).Run();
            return (null, $"Server {name} is running");
        });
    }
}
