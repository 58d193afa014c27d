using Microsoft.Extensions.Hosting;

namespace VServerPanel.Core.Hosts;

/// <summary>What a service of a host does from the start of its host's services to their stop.</summary>
/// <remarks>Pages are given the service itself for the time of a request or circuit, which disposes of all that can be disposed of: so a service that pages are given is
/// no <see cref="BackgroundService"/>, and <see cref="InBackground{T}"/> runs it.</remarks>
internal interface IBackgroundWork
{
    /// <summary>Goes on until it is cancelled.</summary>
    Task RunAsync(CancellationToken stopping);

    /// <summary>What is to be done before it is cancelled.</summary>
    Task StopAsync(CancellationToken patience) => Task.CompletedTask;
}

/// <summary>Runs the work of <typeparamref name="T"/>.</summary>
internal sealed class InBackground<T>(T service) : BackgroundService
    where T : class, IBackgroundWork
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await service.StopAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => service.RunAsync(stoppingToken);
}
