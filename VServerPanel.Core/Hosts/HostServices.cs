using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Lifecycle;

namespace VServerPanel.Core.Hosts;

/// <summary>The services around one host: each host has its own of each, and all hosts have the same.</summary>
public sealed partial class HostServices : IDisposable
{
    private readonly HostLine _line;
    private readonly ServiceProvider _services;
    private readonly ILogger<HostServices> _logger;
    private IReadOnlyList<IHostedService>? _background;
    private bool _isDisposed;

    /// <param name="host">The way to it.</param>
    /// <param name="isOwn">Whether it is the panel's own.</param>
    /// <param name="services">What all hosts share. The services of this host are added to them.</param>
    internal HostServices(IHostCommand host, bool isOwn, IServiceCollection services)
    {
        _line = new HostLine(host);
        (Name, Label, IsOwn, IsOff) = (host.HostName, host.HostName, isOwn, host is OffHost);
        services.AddSingleton<IHostCommand>(_line);
        services.AddServicesOfOneHost();
        _services = services.BuildServiceProvider();
        _logger = Get<ILogger<HostServices>>();
    }

    /// <summary>In the directory, in addresses of pages and in the audit history.</summary>
    public string Name { get; }

    /// <summary>Whether it is the host that the panel was made for, by <see cref="HostOptions"/>.</summary>
    public bool IsOwn { get; }

    /// <summary>What lists show: its name, unless it was given another one to show.</summary>
    public string Label { get; internal set; }

    /// <summary>Whether it is switched off in this panel: nothing runs in the background for it, and nothing is asked of it.</summary>
    public bool IsOff { get; }

    public VServerDirectory Directory => Get<VServerDirectory>();

    /// <summary>One of its services.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    internal T? Find<T>() => _services.GetService<T>();

    internal object Get(Type type) => _services.GetRequiredService(type);

    private IReadOnlyList<IHostedService> Background => _background ??= [.. _services.GetServices<IHostedService>()];

    /// <summary>Starts what runs in the background; returns at once, whether the host answers or not.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsOff)
        {
            Directory.Rest(new OffHost(Name).Message);
            return;
        }

        foreach (var service in Background)
        {
            await service.StartAsync(cancellationToken);
        }
    }

    /// <summary>Completes when something that runs in the background breaks, with its exception.</summary>
    internal async Task BrokenAsync()
    {
        var running = Background.OfType<BackgroundService>().Select(s => s.ExecuteTask).OfType<Task>().ToList();
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            if (ended.IsFaulted)
            {
                LogBroken(_logger, ended.Exception.InnerException ?? ended.Exception, Name);
                await ended;
            }
        }
    }

    /// <summary>Stops what runs in the background. Jobs of the host go on.</summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        // a program that is disposed of while it stops asks twice
        if (_isDisposed)
        {
            return;
        }

        // also of those that were not started: they may have been given work
        foreach (var service in Background.Reverse())
        {
            try
            {
                await service.StopAsync(cancellationToken).WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // it has been told, and is not waited for; so are the others
            }
        }
    }

    /// <summary>Asks nothing of the host any more, also for who still has one of its services.</summary>
    /// <param name="why">What those are told.</param>
    internal void CutOff(string why) => _line.Cut(why);

    public void Dispose()
    {
        _isDisposed = true;
        _services.Dispose();
    }

    [LoggerMessage(LogLevel.Critical, "Something that runs in the background for the host {Host} broke")]
    private static partial void LogBroken(ILogger logger, Exception exception, string host);
}
