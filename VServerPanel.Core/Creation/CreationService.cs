using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>What was started to make a vserver.</summary>
/// <param name="Build">The job that builds it.</param>
/// <param name="Start">The job that starts it afterwards, if asked for; it can be followed before it exists.</param>
public sealed record CreationHandle(JobHandle Build, JobHandle? Start);

/// <summary>Makes vservers.</summary>
public sealed class CreationService
{
    /// <summary>What a vserver can be made from on this host.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<BuildSource>> SourcesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>All that is wrong with the request as far as the panel knows; empty where nothing is.</summary>
    public Task<IReadOnlyList<FieldFault>> ValidateAsync(CreateRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>What would be done, and by which commands; what would be refused is among its problems.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<OperationPlan> PlanAsync(CreateRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Starts the job that builds the vserver, and what is to follow it: assignment to a tenant, start.</summary>
    /// <exception cref="Hosts.HostProblemException">It was refused.</exception>
    public Task<CreationHandle> CreateAsync(CreateRequest request, Caller caller, Guid? tenantId = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The creation that a build job belongs to; null where it is none of this panel's.</summary>
    public Task<CreationHandle?> FindAsync(string buildJobId, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
