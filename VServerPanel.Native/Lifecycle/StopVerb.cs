using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME stop</c></summary>
internal sealed class StopVerb : Verb
{
    public override string Name => "stop";

    public override bool OpenToPanel => true;

    public override string Summary => "stop the vserver";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!NoArguments.Require(this, arguments))
        {
            return ExitCodes.Success;
        }

        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan(LifecyclePlan.Stop(call, name), [], []));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, LifecycleOperation.Kind("stop", name), operation =>
        {
            var wasRunning = new StopHandler(operation, name).Run();
            return (null, wasRunning ? $"Server {name} is stopped" : $"Server {name} is not running");
        });
    }
}
