using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>What is installed in the vservers, and upgrades of it in many at once. What changes something runs as a job on the host and is recorded before it begins.</summary>
public sealed class PackageService
{
    /// <summary>The package databases are read again when what is known is older than this, or when somebody asks for it.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    private readonly IHostCommand _host;
    private readonly OperationRunner _operations;
    private readonly TimeProvider _time;
    private readonly SharedAnswer<PackageCatalogue> _catalogue;

    public PackageService(IHostCommand host, OperationRunner operations, TimeProvider time)
    {
        (_host, _operations, _time) = (host, operations, time);
        _catalogue = new SharedAnswer<PackageCatalogue>(AskAsync, Freshness, time);
    }

    /// <summary>Which vserver has which version of which package; read now where <paramref name="refresh"/>, else at most <see cref="Freshness"/> old.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<PackageCatalogue> CatalogueAsync(bool refresh = false, CancellationToken cancellationToken = default) => _catalogue.GetAsync(refresh, cancellationToken);

    /// <summary>The packages of one vserver, by name.</summary>
    /// <exception cref="HostProblemException">It has no package manager that is known, or the host does not answer.</exception>
    public async Task<IReadOnlyList<PackageInfo>> OfAsync(VServerName name, CancellationToken cancellationToken = default)
    {
        var packages = await _host.ListAsync<PackageInfo>(new HostRequest(["vcheck", "--packages", name.Value]), ItemKinds.Package, cancellationToken);
        return [.. packages.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Architecture, StringComparer.Ordinal)];
    }

    /// <summary>What is known of packages is no longer so.</summary>
    public void Forget() => _catalogue.Forget();

    /// <summary>What would be done; what would be refused is among its problems.</summary>
    /// <exception cref="HostProblemException">The request has a fault, or the host does not answer.</exception>
    public Task<OperationPlan> PlanAsync(PackageRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.AskAsync<OperationPlan>(new HostRequest(PackageCommand.Words(request.Checked())) { Plan = true }, cancellationToken);
    }

    /// <summary>Starts the job that upgrades.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> UpgradeAsync(PackageRequest request, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return StartAsync(PackageCommand.Words(request.Checked()), caller, cancellationToken);
    }

    /// <summary>Starts the job that has vservers look for newer versions in their own package sources.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> LookForUpgradesAsync(PackageFormat format, IReadOnlyList<VServerName> vservers, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync(PackageCommand.LookWords(format, vservers), caller, cancellationToken);

    /// <summary>Starts the job that does again in some vservers what another job did.</summary>
    /// <exception cref="HostProblemException">That job was another kind of job, or it was refused.</exception>
    public Task<JobHandle> RetryAsync(JobInfo job, IReadOnlyList<VServerName> vservers, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var words = vservers.Count == 0 ? null : PackageCommand.Again(job, vservers);
        return StartAsync(words ?? throw new HostProblemException(ProblemCode.InvalidArgument, "There is nothing of this job to be done again."), caller, cancellationToken);
    }

    private async Task<JobHandle> StartAsync(IReadOnlyList<string> words, Caller caller, CancellationToken cancellationToken)
    {
        var job = await _operations.StartAsync(new Operation(words[0], null, words), caller, cancellationToken);
        Forget();
        return job;
    }

    private async Task<PackageCatalogue> AskAsync()
    {
        var builder = new CatalogueBuilder();
        await _host.RunToEndAsync(new HostRequest(["vcheck", "--packages"]), wireEvent =>
        {
            if (wireEvent is ItemEvent { Kind: ItemKinds.Package } item)
            {
                builder.Add(HostCommandExtensions.Read<PackageInfo>(item.Data));
            }
        });
        return builder.Build(_time.GetUtcNow());
    }
}
