using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Renaming;

/// <summary>Gives vservers other names. Each stays the same vserver: tenant and history go by its id.</summary>
public sealed class RenamingService(IHostCommand host, OperationRunner operations)
{
    private const string Verb = "rename";

    /// <summary>What renaming would do, and what keeps it from that.</summary>
    /// <exception cref="HostProblemException">The host does not answer, or there is no such vserver.</exception>
    public Task<OperationPlan> PlanAsync(VServerName from, VServerName to, CancellationToken cancellationToken = default) =>
        host.AskAsync<OperationPlan>(new HostRequest(Words(from, to)) { Plan = true }, cancellationToken);

    /// <summary>Renames, as a job.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> RenameAsync(VServerName from, VServerName to, Caller caller, CancellationToken cancellationToken = default) =>
        operations.StartAsync(new Operation(Verb, from, Words(from, to)) { Detail = $"from {from} to {to}" }, caller, cancellationToken);

    /// <summary>The command for it.</summary>
    public static IReadOnlyList<string> Words(VServerName from, VServerName to) => ["vserver", from.Value, Verb, to.Value];

    /// <summary>The name that a job gives to its vserver; null where it does not rename.</summary>
    public static VServerName? TargetOf(JobInfo job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return job.Operation == Verb && job.Command is [.., Verb, var target] && VServerName.TryParse(target, out var name) ? name : null;
    }
}
