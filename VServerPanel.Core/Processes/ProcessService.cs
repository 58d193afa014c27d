using System.Globalization;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Processes;

/// <summary>How a process is ended.</summary>
public enum ProcessSignal
{
    /// <summary>It is asked to end, and may clean up, or refuse.</summary>
    Terminate,

    /// <summary>It ends at once and cannot clean up.</summary>
    Kill,
}

/// <summary>Ends processes of vservers, each through its context, as recorded operations.</summary>
public sealed class ProcessService(OperationRunner operations)
{
    /// <summary>Signals one process, and none that has got its pid meanwhile.</summary>
    /// <exception cref="HostProblemException">It is gone, it is the host's, or the host does not answer.</exception>
    public Task SignalAsync(ProcessInfo process, ProcessSignal signal, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.Context is 0)
        {
            throw new HostProblemException(ProblemCode.NotPermitted, $"Process {process.Pid} is the host's own. The panel ends processes of vservers only.");
        }

        var reference = string.Create(CultureInfo.InvariantCulture, $"{process.Pid}:{process.StartTicks}");
        var operation = new Operation("kill", process.VServer, ["vkill", signal is ProcessSignal.Kill ? "-KILL" : "-TERM", reference]) { Detail = process.CommandLine };
        return operations.RunAsync(operation, caller, cancellationToken);
    }
}
