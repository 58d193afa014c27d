using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>Makes vservers.</summary>
public sealed class CreationService
{
    private readonly IHostCommand _host;
    private readonly HostService _hosts;
    private readonly VServerDirectory _directory;
    private readonly OperationRunner _operations;
    private readonly TenantService _tenants;
    private readonly CreationStore _store;
    private readonly CreationFollowUp _followUp;
    private readonly TimeProvider _time;

    internal CreationService(
        IHostCommand host, HostService hosts, VServerDirectory directory, OperationRunner operations, TenantService tenants, CreationStore store, CreationFollowUp followUp, TimeProvider time) =>
        (_host, _hosts, _directory, _operations, _tenants, _store, _followUp, _time) = (host, hosts, directory, operations, tenants, store, followUp, time);

    /// <summary>What a vserver can be made from on this host.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<BuildSource>> SourcesAsync(CancellationToken cancellationToken = default) =>
        _host.ListAsync<BuildSource>(new HostRequest(["newvserver", "--list-sources"]), ItemKinds.BuildSource, cancellationToken);

    /// <summary>All that is wrong with the request as far as the panel knows; empty where nothing is.</summary>
    public async Task<IReadOnlyList<FieldFault>> ValidateAsync(CreateRequest request, CancellationToken cancellationToken = default) =>
        CreateRequestValidator.Validate(request, _directory.Snapshot.Entries, await ReportAsync(cancellationToken));

    /// <summary>What would be done, and by which commands; what would be refused is among its problems.</summary>
    /// <exception cref="HostProblemException">The request has faults, or the host does not answer.</exception>
    public async Task<OperationPlan> PlanAsync(CreateRequest request, CancellationToken cancellationToken = default)
    {
        await CheckAsync(request, cancellationToken);
        return await _host.AskAsync<OperationPlan>(new HostRequest(CreateCommand.Words(request)) { Plan = true }, cancellationToken);
    }

    /// <summary>Starts the job that builds the vserver, and what is to follow it: assignment to a tenant, start.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public async Task<CreationHandle> CreateAsync(CreateRequest request, Caller caller, Guid? tenantId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        await CheckAsync(request, cancellationToken);
        var tenant = tenantId is not { } id ? null : await _tenants.FindAsync(id, cancellationToken)
            ?? throw new HostProblemException(ProblemCode.NotFound, "There is no such tenant. It may have been removed meanwhile.");
        var name = VServerName.Parse(request.Name.Trim());
        var build = new Operation("build", name, CreateCommand.Words(request)) { Detail = tenant is null ? null : $"For the tenant {tenant.Tenant.Name}" };
        var creation = new CreationRecord
        {
            BuildJobId = build.Id,
            StartJobId = request.StartAfterwards ? JobId.New() : null,
            Host = _host.HostName,
            VServer = name.Value,
            TenantId = tenantId,
            UserId = caller.UserId,
            UserName = caller.UserName,
            RemoteAddress = caller.RemoteAddress,
            AskedAt = _time.GetUtcNow(),
        };

        // before the job, so that a panel which is killed in between still knows what is to follow
        await _store.AddAsync(creation, cancellationToken);
        try
        {
            await _operations.StartAsync(build, caller, cancellationToken);
        }
        catch (Exception e) when (e is not HostProblemException { Code: ProblemCode.Terminated })
        {
            await _store.CompleteAsync(build.Id);
            throw;
        }
        finally
        {
            _followUp.Follow(creation);
        }

        return Handle(creation);
    }

    /// <summary>The creation that a build job belongs to; null where it is none of this panel's.</summary>
    public async Task<CreationHandle?> FindAsync(string buildJobId, CancellationToken cancellationToken = default) =>
        await _store.FindAsync(buildJobId, cancellationToken) is { } creation ? Handle(creation) : null;

    private static CreationHandle Handle(CreationRecord creation)
    {
        var name = VServerName.Parse(creation.VServer);
        var start = creation.StartJobId is null ? null : new JobHandle(creation.Host, creation.StartJobId, "start", name);
        return new CreationHandle(new JobHandle(creation.Host, creation.BuildJobId, "build", name), start);
    }

    private async Task CheckAsync(CreateRequest request, CancellationToken cancellationToken)
    {
        var faults = await ValidateAsync(request, cancellationToken);
        if (faults.Count > 0)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, string.Join(' ', faults.Select(f => f.Message)));
        }
    }

    private async Task<HostReport?> ReportAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _hosts.InfoAsync(cancellationToken: cancellationToken);
        }
        catch (HostProblemException)
        {
            return null;
        }
    }
}

/// <summary>What was started to make a vserver.</summary>
/// <param name="Build">The job that builds it.</param>
/// <param name="Start">The job that starts it afterwards, if asked for; it can be followed before it exists.</param>
public sealed record CreationHandle(JobHandle Build, JobHandle? Start);
