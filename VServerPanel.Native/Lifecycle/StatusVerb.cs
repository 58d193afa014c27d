using VServerPanel.Native.Commands;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME status</c> and <c>running</c>: the classics' texts and exit codes, 0 running and 3 stopped.</summary>
internal sealed class StatusVerb(string name) : Verb
{
    public override string Name { get; } = name;

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override string Summary => "say whether it runs: exit code 0 if so, 3 if not";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!NoArguments.Require(this, arguments))
        {
            return ExitCodes.Success;
        }

        var isRunning = new RunStateStore(call.Paths).FindRunning(name) is not null;
        call.Report.Result(new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = isRunning ? "running" : "stopped" }, $"Server {name} is {(isRunning ? "running" : "not running")}");
        return isRunning ? ExitCodes.Success : ExitCodes.Stopped;
    }
}
