using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Configuration;
using VServerPanel.Core.Creation;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Packages;
using VServerPanel.Core.Processes;
using VServerPanel.Core.Readdressing;
using VServerPanel.Core.Renaming;
using VServerPanel.Core.Standby;
using VServerPanel.Core.Shares;
using VServerPanel.Core.Storage;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Terminal;
using VServerPanel.Core.Trash;
using VServerPanel.Core.Unification;

namespace VServerPanel.Core;

/// <summary>Adds all services of this layer to a container: those that all hosts share are in it, those of each host in one of its own (<see cref="HostServices"/>).</summary>
public static class ServiceRegistration
{
    /// <summary>Adds the services; their options are bound to <paramref name="configuration"/> and checked at start.</summary>
    /// <remarks>An <see cref="IHostCommand"/> that is registered before stays; it is the way to the panel's own host.</remarks>
    public static IServiceCollection AddVServerPanelCore(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions();
        AddChecked<HostOptions>(services, configuration.GetSection(HostOptions.Section));
        AddChecked<StorageOptions>(services, configuration.GetSection(StorageOptions.Section));
        AddChecked<AuditOptions>(services, configuration.GetSection(AuditOptions.Section));
        AddChecked<TerminalOptions>(services, configuration.GetSection(TerminalOptions.Section));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IHostCommand, SudoHostCommand>();
        services.TryAddSingleton<IHostTransport, SshTransport>();
        AddDatabases(services);
        AddSharedServices(services);
        AddServicesOfCurrentHost(services);

        // in this order they start, and in reverse they stop: databases first, then who reads them
        services.AddHostedService<DatabaseStartup>();
        services.AddHostedService(p => p.GetRequiredService<Fleet>());
        return services;
    }

    /// <summary>Adds what each host has of its own, around its <see cref="IHostCommand"/>, to what all hosts share.</summary>
    internal static IServiceCollection AddServicesOfOneHost(this IServiceCollection services)
    {
        AddServices(services);

        // in this order they start, and in reverse they stop: what waits for jobs stops after the watcher of jobs
        AddInBackground<VServerDirectory>(services);
        AddInBackground<ProcessDirectory>(services);
        services.AddHostedService(p => p.GetRequiredService<JournalImporter>());
        services.AddHostedService(p => p.GetRequiredService<CreationFollowUp>());
        services.AddHostedService(p => p.GetRequiredService<JobWatcher>());
        services.AddHostedService(p => p.GetRequiredService<ScheduleRunner>());
        services.AddHostedService(p => p.GetRequiredService<MoveQueueRunner>());
        services.AddHostedService(p => p.GetRequiredService<TrashRunner>());
        services.AddHostedService<StandbyRunner>();
        services.AddHostedService<JournalPoker>();
        AddInBackground<TerminalSessions>(services);
        return services;
    }

    private static void AddInBackground<T>(IServiceCollection services)
        where T : class, IBackgroundWork
    {
        services.AddSingleton<InBackground<T>>();
        services.AddHostedService(p => p.Get<InBackground<T>>());
    }

    private static void AddChecked<T>(IServiceCollection services, IConfigurationSection section)
        where T : class
    {
        services.AddOptions<T>().Bind(section).ValidateOnStart();
        services.AddSingleton((IValidateOptions<T>)(object)new OptionsRules());
    }

    private static void AddDatabases(IServiceCollection services)
    {
        services.AddSingleton<IDbContextFactory<AuditDbContext>>(p =>
        {
            var options = AuditDbContext.OptionsFor(p.Get<IOptions<StorageOptions>>().Value.ConnectionString(AuditDbContext.FileName));
            return new ContextFactory<AuditDbContext>(() => new AuditDbContext(options));
        });
        services.AddSingleton<IDbContextFactory<StateDbContext>>(p =>
        {
            var options = StateDbContext.OptionsFor(p.Get<IOptions<StorageOptions>>().Value.ConnectionString(StateDbContext.FileName));
            return new ContextFactory<StateDbContext>(() => new StateDbContext(options));
        });
    }

    // systemd.exec(5), RuntimeDirectory=: of several, separated by colons, the first
    private static string? RuntimeDirectory => Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY")?.Split(':')[0] is { Length: > 0 } first ? first : null;

    private static void AddSharedServices(IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
        services.AddSingleton<OpenTerminals>();
        services.AddSingleton(p => new AuditExport(p.Get<IDbContextFactory<AuditDbContext>>()));
        services.AddSingleton(p => new SshIdentity(Path.Combine(p.Get<IOptions<StorageOptions>>().Value.DataDirectory, "ssh"), RuntimeDirectory));
        services.AddSingleton(p => new Fleet(Make(p, p.Get<IHostCommand>(), isOwn: true), p.Get<IDbContextFactory<StateDbContext>>(), (host, isOff) => Make(p, isOff ? new OffHost(host.Name) : p.Get<IHostTransport>().Reach(host), isOwn: false), p.Get<ILogger<Fleet>>()));
        services.AddSingleton(p => new HostCatalogue(p.Get<IDbContextFactory<StateDbContext>>(), p.Get<Fleet>(), p.Get<IHostTransport>(), OwnHistory(p), p.Get<AuditLog>(), p.Get<TimeProvider>()));
        services.AddSingleton(p => new PairingService(p.Get<Fleet>(), p.Get<HostCatalogue>()));
        services.AddSingleton(p => new TenantService(p.Get<IDbContextFactory<StateDbContext>>(), OwnHistory(p), p.Get<Fleet>, p.Get<TimeProvider>()));
        services.AddSingleton(p => new TenantStatusService(p.Get<IDbContextFactory<StateDbContext>>(), p.Get<IDbContextFactory<AuditDbContext>>(), p.Get<Fleet>, p.Get<TimeProvider>()));
        services.AddScoped<CurrentHost>();
    }

    /// <summary>Pages and endpoints ask for the services of a host as if there were one: they are given those of <see cref="CurrentHost"/>.</summary>
    /// <remarks>What can be disposed of is not given away: it would be when the request ends (see <see cref="IBackgroundWork"/>).</remarks>
    private static void AddServicesOfCurrentHost(IServiceCollection services)
    {
        var ofOneHost = new ServiceCollection();
        AddServices(ofOneHost);
        foreach (var type in ofOneHost.Select(s => s.ServiceType).Where(t => t.IsPublic && !typeof(IDisposable).IsAssignableFrom(t)))
        {
            services.AddScoped(type, p => p.Get<CurrentHost>().Services.Get(type));
        }
    }

    private static HostServices Make(IServiceProvider shared, IHostCommand host, bool isOwn)
    {
        var services = new ServiceCollection();
        services.AddSingleton(shared.Get<ILoggerFactory>()).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(shared.Get<TimeProvider>());
        services.AddSingleton(shared.Get<IOptions<AuditOptions>>()).AddSingleton(shared.Get<IOptions<TerminalOptions>>());
        services.AddSingleton(shared.Get<IDbContextFactory<AuditDbContext>>()).AddSingleton(shared.Get<IDbContextFactory<StateDbContext>>());
        services.AddSingleton(shared.Get<AuditLog>()).AddSingleton(shared.Get<TenantService>());
        services.AddSingleton<Func<Fleet>>(shared.Get<Fleet>).AddSingleton(shared.Get<OpenTerminals>());
        foreach (var guard in shared.GetServices<ITerminalGuard>())
        {
            services.AddSingleton(guard);
        }

        return new HostServices(host, isOwn, services);
    }

    /// <summary>For what happens in the panel and on no host.</summary>
    private static AuditService OwnHistory(IServiceProvider p) => new(p.Get<IDbContextFactory<AuditDbContext>>(), p.Get<AuditLog>(), p.Get<TimeProvider>(), p.Get<IHostCommand>().HostName);

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton(p => new AuditService(p.Get<IDbContextFactory<AuditDbContext>>(), p.Get<AuditLog>(), p.Get<TimeProvider>(), p.Get<IHostCommand>().HostName));
        services.AddSingleton(p => new JournalImporter(
            p.Get<IHostCommand>(), p.Get<IDbContextFactory<AuditDbContext>>(), p.Get<AuditLog>(), p.Get<IOptions<AuditOptions>>(), p.Get<TimeProvider>(), p.Get<ILogger<JournalImporter>>()));
        services.AddSingleton<HostService>();
        services.AddSingleton<VServerDirectory>();
        services.AddSingleton(p => new JobWatcher(p.Get<IHostCommand>(), p.Get<AuditService>(), p.Get<JournalImporter>(), p.Get<TimeProvider>(), p.Get<ILogger<JobWatcher>>()));
        services.AddSingleton<OperationRunner>();
        services.AddSingleton(p => new JobService(p.Get<IHostCommand>(), p.Get<OperationRunner>(), p.Get<CreationStore>(), p.Get<TimeProvider>()));
        services.AddSingleton<LifecycleService>();
        services.AddSingleton<ShareService>();
        services.AddSingleton<ReaddressingService>();
        services.AddSingleton<RenamingService>();
        services.AddSingleton(p => new FormerNames(p.Get<IDbContextFactory<AuditDbContext>>(), p.Get<VServerDirectory>()));
        services.AddSingleton<TrashService>();
        services.AddSingleton(p => new TrashRunner(p.Get<TrashService>(), p.Get<TimeProvider>(), p.Get<ILogger<TrashRunner>>()));
        services.AddSingleton<ConfigurationService>();
        services.AddSingleton<ProcessDirectory>();
        services.AddSingleton<ProcessService>();
        services.AddSingleton<TerminalSessions>();
        services.AddSingleton<UnificationService>();
        services.AddSingleton<MoveService>();
        services.AddSingleton<PeerService>();
        services.AddSingleton<OriginalWatch>();
        services.AddSingleton<StandbyService>();
        services.AddSingleton<StepDownService>();
        services.AddSingleton(p => new MoveQueueStore(p.Get<IDbContextFactory<StateDbContext>>(), p.Get<IHostCommand>().HostName, p.Get<TimeProvider>()));
        services.AddSingleton(p => new MoveQueueService(p.Get<MoveQueueStore>(), p.Get<VServerDirectory>(), p.Get<AuditService>(), p.Get<TimeProvider>(), p.Get<IHostCommand>().HostName));
        services.AddSingleton<MoveQueueRunner>();
        services.AddSingleton<DiskService>();
        services.AddSingleton<PackageService>();
        services.AddSingleton(p => new ScheduleService(p.Get<IDbContextFactory<StateDbContext>>(), p.Get<AuditService>(), p.Get<TimeProvider>(), p.Get<IHostCommand>().HostName));
        services.AddSingleton<ScheduleRunner>();
        services.AddSingleton(p => new CreationStore(p.Get<IDbContextFactory<StateDbContext>>(), p.Get<IHostCommand>().HostName, p.Get<TimeProvider>()));
        services.AddSingleton<CreationFollowUp>();
        services.AddSingleton(p => new CreationService(
            p.Get<IHostCommand>(), p.Get<HostService>(), p.Get<VServerDirectory>(), p.Get<OperationRunner>(), p.Get<TenantService>(), p.Get<CreationStore>(), p.Get<CreationFollowUp>(), p.Get<TimeProvider>()));
    }

    private static T Get<T>(this IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>();
}
