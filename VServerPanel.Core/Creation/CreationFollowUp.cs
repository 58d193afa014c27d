using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>Does what is to follow once a vserver is built: gives it to its tenant, starts it. Nobody needs to be looking, and the panel may have been restarted.</summary>
internal sealed partial class CreationFollowUp(
    IHostCommand host, CreationStore store, JobWatcher jobs, OperationRunner operations, AuditService audit, TenantService tenants, VServerDirectory directory, TimeProvider time, ILogger<CreationFollowUp> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Task> _followed = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>Waits for the build in the background and goes on from there.</summary>
    public void Follow(CreationRecord creation) => _ = _followed.GetOrAdd(creation.BuildJobId, _ => Task.Run(() => FollowAsync(creation)));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // a host that is disposed while it stops asks twice
        if (!_disposed)
        {
            await _stopping.CancelAsync();
        }

        // they wait for jobs, and the watcher of jobs has told them that it stops, or does soon
        await Task.WhenAll(_followed.Values).WaitAsync(s_patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _disposed = true;
        _stopping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var creation in await store.OpenAsync(stoppingToken))
        {
            Follow(creation);
        }
    }

    private async Task FollowAsync(CreationRecord creation)
    {
        try
        {
            for (var pause = s_firstPause; !await TryFollowAsync(creation); pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
            {
                await Task.Delay(pause, time, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the panel is stopping: the next one takes it up
        }
        finally
        {
            _followed.TryRemove(creation.BuildJobId, out _);
        }
    }

    /// <returns>False where the host could not be asked now: it is to be tried again.</returns>
    private async Task<bool> TryFollowAsync(CreationRecord creation)
    {
        try
        {
            if (await store.FindAsync(creation.BuildJobId, CancellationToken.None) is { CompletedAt: not null })
            {
                return true;
            }

            if (await HasSucceededAsync(creation))
            {
                await FinishAsync(creation);
            }
        }
        catch (HostProblemException e) when (e.Code is ProblemCode.Unreachable or ProblemCode.Terminated or ProblemCode.Busy)
        {
            LogFailed(logger, creation.VServer, e.Message);
            return false;
        }
        catch (Exception e) when (e is not (HostProblemException or OperationCanceledException) && !_stopping.IsCancellationRequested)
        {
            // a database that is locked or full, say: what was promised to the user is not given up for it
            LogBroken(logger, e, creation.VServer);
            return false;
        }
        catch (HostProblemException e)
        {
            // nobody reads a log for it: who looks for his vserver looks into the history
            LogFailed(logger, creation.VServer, e.Message);
            await audit.RecordEventAsync(creation.Caller, "follow-up", $"What was to follow the creation of {creation.VServer} could not be done: {e.Message}", OperationOutcome.Failed);
        }

        await store.CompleteAsync(creation.BuildJobId);
        return true;
    }

    private async Task<bool> HasSucceededAsync(CreationRecord creation)
    {
        var last = await jobs.EndOfAsync(creation.BuildJobId);

        // the host may have cleared the job while the panel was away; the history still knows
        return last is ResultEvent || (await audit.OperationAsync(creation.BuildJobId)).Any(e => e is { Phase: AuditPhase.Ended, Outcome: OperationOutcome.Succeeded });
    }

    private async Task FinishAsync(CreationRecord creation)
    {
        var name = VServerName.Parse(creation.VServer);
        if (creation.TenantId is { } tenant)
        {
            await tenants.AssignAsync(tenant, await StableIdAsync(name), creation.VServer, creation.Caller, CancellationToken.None);
        }

        if (creation.StartJobId is { } startId && (await audit.OperationAsync(startId)).Count == 0)
        {
            await operations.StartAsync(new Operation("start", name, ["vserver", name.Value, "start"]) { Id = startId }, creation.Caller);
        }
    }

    private async Task<Guid> StableIdAsync(VServerName name)
    {
        // the directory may not have heard of it yet, or still of an earlier one of this name
        var all = await host.ListAsync<VServerStatus>(new HostRequest(["vserver-stat"]), ItemKinds.VServer);
        return all.FirstOrDefault(s => s.Name == name)?.Id ?? directory.Find(name)?.Id
            ?? throw new HostProblemException(ProblemCode.NotFound, $"The vserver {name} was built and is gone again.");
    }

    [LoggerMessage(LogLevel.Warning, "What was to follow the creation of {VServer} could not be done: {Problem}")]
    private static partial void LogFailed(ILogger logger, string vServer, string problem);

    [LoggerMessage(LogLevel.Error, "What was to follow the creation of {VServer} could not be done, trying again")]
    private static partial void LogBroken(ILogger logger, Exception exception, string vServer);
}
