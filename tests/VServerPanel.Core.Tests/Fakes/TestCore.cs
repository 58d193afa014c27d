using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>The real container of the layer over a fake host, with real databases in a directory that goes when it goes.</summary>
internal sealed class TestCore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly bool _keepsDirectory;

    private TestCore(FakeHost host, string directory, bool keepsDirectory, IHostTransport? transport)
    {
        (Host, DataDirectory, _keepsDirectory) = (host, directory, keepsDirectory);
        var configuration = new ConfigurationManager { ["Storage:DataDirectory"] = directory };
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new TestLog()));
        services.AddSingleton<IHostCommand>(host);
        services.AddSingleton(transport ?? Transport);
        services.AddSingleton<TimeProvider>(Time);
        services.AddVServerPanelCore(configuration);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public static Caller Alice { get; } = new("u1", "alice", "192.0.2.7");

    public FakeHost Host { get; }

    public FakeTime Time { get; } = new();

    /// <summary>Other hosts, where a test adds them.</summary>
    public FakeTransport Transport { get; } = new();

    public string DataDirectory { get; }

    /// <summary>Makes the databases; starts nothing else.</summary>
    public static async Task<TestCore> CreateAsync(FakeHost? host = null, string? directory = null, IHostTransport? transport = null)
    {
        var core = new TestCore(host ?? new FakeHost(), directory ?? Directory.CreateTempSubdirectory("vsp-core-").FullName, directory is not null, transport);
        await core._services.GetServices<IHostedService>().OfType<DatabaseStartup>().Single().StartingAsync(TestContext.Current.CancellationToken);
        return core;
    }

    // A write that was under way when its service was told to stop may bring a file of SQLite's back.
    private async Task DeleteDirectoryAsync()
    {
        for (var tries = 0; Directory.Exists(DataDirectory); tries++)
        {
            try
            {
                Directory.Delete(DataDirectory, recursive: true);
            }
            catch (IOException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>A service of the own host, or one that all hosts share.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<Fleet>().Own.Find<T>() ?? _services.GetRequiredService<T>();

    /// <summary>Starts the background services, as the panel's start does.</summary>
    public async Task StartAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Adds another host, as an administrator does.</summary>
    public async Task<HostServices> AddHostAsync(FakeHost other, string address = "192.0.2.7")
    {
        Transport.Hosts[address] = other;
        var catalogue = Get<HostCatalogue>();
        await catalogue.AddAsync(await catalogue.FindAsync(other.HostName, address, 22), Alice);
        return Get<Fleet>().Find(other.HostName)!;
    }

    public async ValueTask DisposeAsync()
    {
        // those that were not started may have been given work all the same
        foreach (var service in _services.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (!_keepsDirectory)
        {
            await DeleteDirectoryAsync();
        }
    }
}
