using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary><c>vserver-signal CGROUP PID START SIGNAL</c>: goes into the context of a process and signals it from there.</summary>
/// <remarks>Where contexts are isolated the kernel lets no signal in from outside, the host's root included. The group of cgroup version 2 is what it
/// asks for; membership of it changes nothing else for the few milliseconds that this lives.</remarks>
internal sealed class SignalTool : Tool
{
    public const string ToolName = "vserver-signal";

    /// <summary>Exit code: there is no such process any more.</summary>
    public const int Gone = 4;

    public override string Name => ToolName;

    public override bool OnlyReads => true;

    public override bool IsInternal => true;

    public override string Summary => "called by vkill to signal a process from within its context; not for people";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is not [var cgroup, var pidText, var startText, var signalText]
            || !int.TryParse(pidText, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            || !long.TryParse(startText, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            || !int.TryParse(signalText, NumberStyles.None, CultureInfo.InvariantCulture, out var signal))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"Usage: {ToolName} CGROUP PID START SIGNAL");
        }

        // opened first, looked at then: the descriptor is of the process that was meant
        using var process = Libc.OpenProcess(pid);
        var contexts = new ContextTable(call.Paths, call.Time);
        if (process is null || ProcessIdentity.StartOf(pid) != start || contexts.Of(pid) is not { IsHost: false } context || context.Cgroup != cgroup)
        {
            return Gone;
        }

        Enter(contexts.Cgroups.Unified, cgroup);
        return Libc.Signal(process, signal) ? ExitCodes.Success : Gone;
    }

    /// <remarks>Its own group only, which is the host's: groups below it are the guest's, who could freeze us there. Where it takes nobody (it hands controllers
    /// on: cgroups(7), no internal processes) or is frozen itself, we signal from outside: what vkill records, the kernel lets in (SignalAllowance).</remarks>
    private static void Enter(string? unified, string cgroup)
    {
        var group = unified + cgroup;
        try
        {
            if (unified is not null && File.ReadAllText(group + "/cgroup.freeze").Trim() == "0")
            {
                File.WriteAllText(group + "/cgroup.procs", "0");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the kernel says whether the signal may go
        }
    }
}
