using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;

namespace VServerPanel.Core.Tests;

public class ServiceRegistrationTests
{
    [Fact]
    public void Start_WithWrongOptions_ReportsAllFaultsWithTheirKeys()
    {
        var services = Services(new() { ["Storage:DataDirectory"] = "relative", ["Host:Name"] = " ", ["Host:Command:0"] = "sudo", ["Host:Command:1"] = "", ["Audit:ImportSeconds"] = "0" });

        var refusal = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IStartupValidator>().Validate());

        var text = refusal.ToString();
        Assert.All(["Storage:DataDirectory", "Host:Name", "Host:Command:1", "Audit:ImportSeconds"], key => Assert.Contains(key, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Host_WithoutOptions_IsThisMachineBySudo()
    {
        var services = Services([]);

        services.GetRequiredService<IStartupValidator>().Validate();

        var host = Assert.IsType<SudoHostCommand>(services.GetRequiredService<IHostCommand>());
        Assert.Equal(Environment.MachineName, host.HostName);
        Assert.Equal(["sudo", "-n", "/usr/sbin/vserver"], HostOptions.DefaultCommand);
    }

    [Fact]
    public void HostCommand_FromConfiguration_ReplacesTheDefault()
    {
        var options = Services(new() { ["Host:Command:0"] = "/trial/vserver" }).GetRequiredService<IOptions<HostOptions>>();

        Assert.Equal(["/trial/vserver"], options.Value.Command);
    }

    [Fact]
    public async Task HostedServices_StartAndStop_WithoutAHost()
    {
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        await using (var services = Services(new() { ["Storage:DataDirectory"] = Path.Combine(directory, "new"), ["Host:Command:0"] = "/nonexistent" }))
        {
            var hosted = services.GetServices<IHostedService>().ToList();
            foreach (var service in hosted.OfType<IHostedLifecycleService>())
            {
                await service.StartingAsync(TestContext.Current.CancellationToken);
            }

            foreach (var service in hosted)
            {
                await service.StartAsync(TestContext.Current.CancellationToken);
            }

            Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(directory, "new")), 8));
            var directoryOfVServers = services.GetRequiredService<VServerDirectory>();
            await Eventually.TrueAsync(() => directoryOfVServers.Snapshot.Connection.State is DirectoryConnection.Unreachable, "the missing command is told");
            Assert.Contains("/nonexistent", directoryOfVServers.Snapshot.Connection.Message, StringComparison.Ordinal);
            foreach (var service in hosted)
            {
                await service.StopAsync(TestContext.Current.CancellationToken);
            }
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }

    private static ServiceProvider Services(Dictionary<string, string?> configuration)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddVServerPanelCore(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build());
        return services.BuildServiceProvider();
    }
}
