using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Contexts;

namespace VServerPanel.Native.Processes;

/// <summary><c>vtop</c>, <c>vpstree</c>: the host's own program in context 1, which sees the processes of all contexts and can signal none.</summary>
/// <param name="name">The wrapper.</param>
/// <param name="program">What it runs.</param>
/// <param name="package">Where to get that.</param>
internal sealed class AllContextsTool(string name, string program, string package) : Tool
{
    public override string Name => name;

    public override bool PassesThrough => true;

    public override bool BecomesAnother => true;

    public override string Summary => $"[{program}'s options]: {program} over all contexts";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is ["--help"])
        {
            Console.Out.WriteLine($"""
                Usage: {name} [options of {program}]

                Runs the host's {program} in context 1, which sees the processes of all contexts and can signal none: 'vkill' does that, on record. Options are
                those of {program}; the pids are the host's, and users of vservers are shown by their numbers on the host.
                """);
            return ExitCodes.Success;
        }

        var path = ChildProcess.Require(program, package);
        return new ContextHandler(call, new ChcontextOptions { Context = 1, IsSilent = true, Command = [path, .. arguments] }).Run();
    }
}
