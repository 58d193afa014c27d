using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Readdressing;

/// <summary>Gives vservers other host names and addresses, in their conf files and in their own.</summary>
public sealed class ReaddressingService(IHostCommand host, OperationRunner operations)
{
    /// <summary>What would change, each file as a difference, and what keeps it from that.</summary>
    /// <exception cref="HostProblemException">The host does not answer, or nothing was asked for.</exception>
    public Task<OperationPlan> PlanAsync(ReaddressRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return host.AskAsync<OperationPlan>(new HostRequest(request.Words) { Plan = true }, cancellationToken);
    }

    /// <summary>Does it, as a job. A vserver whose addresses cannot be changed under it is stopped and started.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> RunAsync(ReaddressRequest request, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return operations.StartAsync(new Operation("readdress", request.VServer, request.Words), caller, cancellationToken);
    }
}
