using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/: how the host and its vservers are, at a glance.</summary>
public sealed partial class DashboardPage
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(10);

    private LiveDirectory _directory = null!;
    private HostReport? _report;
    private IReadOnlyList<JobInfo>? _jobs;
    private IReadOnlyList<AuditEntry>? _events;
    private Exception? _problem;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private HostService Host { get; set; } = null!;

    [Inject]
    private JobService Jobs { get; set; } = null!;

    [Inject]
    private AuditService History { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private List<DirectoryEntry> Attention => [.. _directory.Entries.Where(e => e.Status.State is VServerState.Broken or VServerState.Incomplete || e.Status.Warning is not null)];

    private List<HostCapability> Lacks => [.. _report!.Capabilities.Where(c => c.State != CapabilityState.Available).OrderByDescending(c => c.State)];

    private long Resident => _directory.Entries.Sum(e => e.Status.ResidentBytes);

    private double Load => _directory.Entries.Sum(e => e.ProcessorLoad ?? 0);

    /// <inheritdoc/>
    protected override void OnInitialized() => _directory = new LiveDirectory(Directory.Snapshot);

    /// <inheritdoc/>
    protected override Task LiveAsync(CancellationToken stopping) => Task.WhenAll(WatchAsync(stopping), RefreshAsync(stopping));

    private async Task WatchAsync(CancellationToken stopping)
    {
        await foreach (var change in Directory.WatchAsync(stopping))
        {
            _directory.Apply(change);
            await InvokeAsync(StateHasChanged);
            await Task.Delay(500, stopping);
        }
    }

    private async Task RefreshAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(s_refresh);
        do
        {
            try
            {
                await Gate.DemandAsync(Policies.Read);
                _events = (await History.QueryAsync(new AuditFilter { Host = Host.HostName }, size: 8, cancellationToken: stopping)).Entries;
                await InvokeAsync(StateHasChanged);
                _report = await Host.InfoAsync(cancellationToken: stopping);
                _jobs = [.. (await Jobs.ListAsync(stopping)).Where(j => j.State == JobState.Running)];
                _problem = null;
            }
            catch (Exception e) when (e is HostProblemException or NotAllowedException)
            {
                _problem = e;
                _jobs ??= [];
            }

            await InvokeAsync(StateHasChanged);
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }
}
