using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VServerPanel.Core.Hosts;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>The services over the real <c>vserver</c> command, which has all of its files under a directory of its own.</summary>
internal sealed class RealHost : IAsyncDisposable
{
    private readonly string _command;
    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _started = [];

    private RealHost(string command)
    {
        _command = command;
        Directory.CreateDirectory(Path.Combine(Prefix, "etc/vservers"));
        Directory.CreateDirectory(Path.Combine(Prefix, "vservers"));
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddVServerPanelCore(new ConfigurationManager
        {
            ["Storage:DataDirectory"] = Path.Combine(Prefix, "panel"),
            ["Host:Name"] = "host1",
            ["Host:Command:0"] = "/bin/sh",
            ["Host:Command:1"] = "-c",
            ["Host:Command:2"] = """export VSERVER_PREFIX="$0"; if [ -e "$0/fault" ]; then export VSERVER_FAULT_AT="$(cat "$0/fault")"; fi; command=$1; shift; exec "$command" "$@" """,
            ["Host:Command:3"] = Prefix,
            ["Host:Command:4"] = command,
        });
        _services = services.BuildServiceProvider();
    }

    public string Prefix { get; } = Directory.CreateDirectory($"/var/tmp/vs-{Guid.NewGuid().ToString("N")[..8]}").FullName;

    /// <summary>Starts the services, or skips the test where the command cannot be run.</summary>
    public static async Task<RealHost> StartAsync()
    {
        var command = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? Path.Combine(RepositoryRoot(), "artifacts/native/vserver");
        Assert.SkipUnless(File.Exists(command), $"the vserver command is not built: {command} ('make native' does)");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "the vserver command needs root");
        var host = new RealHost(command);
        var hosted = host._services.GetServices<IHostedService>().ToList();
        foreach (var service in hosted.OfType<IHostedLifecycleService>())
        {
            await service.StartingAsync(TestContext.Current.CancellationToken);
        }

        foreach (var service in hosted)
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
            host._started.Add(service);
        }

        return host;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<Fleet>().Own.Find<T>() ?? _services.GetRequiredService<T>();

    /// <summary>Operations that are begun from now on are killed at their Nth step; with null, no longer.</summary>
    public void KillAt(int? step)
    {
        var file = Path.Combine(Prefix, "fault");
        if (step is null)
        {
            File.Delete(file);
        }
        else
        {
            File.WriteAllText(file, $"{step}");
        }
    }

    /// <summary>A vserver with an empty tree.</summary>
    public void Write(string name, string conf)
    {
        Directory.CreateDirectory(Path.Combine(Prefix, "vservers", name, "etc"));
        File.WriteAllText(Path.Combine(Prefix, "etc/vservers", $"{name}.conf"), conf);
    }

    /// <summary>Runs the command as someone in a shell does.</summary>
    public async Task<int> ShellAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(_command, words) { UseShellExecute = false, RedirectStandardOutput = true, Environment = { ["VSERVER_PREFIX"] = Prefix } })!;
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>Processes of this prefix that still run.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. from directory in Directory.EnumerateDirectories("/proc")
           where Path.GetFileName(directory).All(char.IsAsciiDigit)
           let line = Read(Path.Combine(directory, "cmdline"))
           where line.Contains(_command, StringComparison.Ordinal) && Read(Path.Combine(directory, "environ")).Contains(Prefix, StringComparison.Ordinal)
           select line.Replace('\0', ' '),
    ];

    public async Task StopAsync()
    {
        foreach (var service in Enumerable.Reverse(_started))
        {
            await service.StopAsync(CancellationToken.None);
        }

        _started.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();

        // a network namespace takes 64 programs that look up sockets: those of prefixes that are gone would be among them
        using (var process = Process.Start(new ProcessStartInfo(_command, ["--as", "vserver-setup", "--remove"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["VSERVER_PREFIX"] = Prefix } })!)
        {
            var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, said);
        }

        Directory.Delete(Prefix, recursive: true);
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "VServerPanel.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it has ended meanwhile
            return "";
        }
    }
}
