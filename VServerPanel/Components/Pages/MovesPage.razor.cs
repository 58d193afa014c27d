using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/moves: under way, cut off, queued, kept, arrived.</summary>
public sealed partial class MovesPage
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(3);

    private IReadOnlyList<MoveInfo>? _moves;
    private IReadOnlyList<QueuedMove> _queue = [];
    private Exception? _problem;

    [Inject]
    private MoveService Moves { get; set; } = null!;

    [Inject]
    private MoveQueueService Queue { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    // those of the queue are shown there
    private List<MoveInfo> UnderWay => [.. _moves!.Where(m => m.State is MoveState.Running && !_queue.Any(q => q.JobId == m.JobId))];

    private List<MoveInfo> Kept => [.. _moves!.Where(m => m.State is MoveState.Kept)];

    private List<MoveInfo> Earlier => [.. _moves!.Where(m => m.State is MoveState.Arrived or MoveState.Purged or MoveState.TakenBack)];

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(s_pace);
        do
        {
            await RefreshAsync();
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    private async Task RefreshAsync()
    {
        try
        {
            await Gate.DemandAsync(Policies.Read);
            _queue = await Queue.ListAsync(cancellationToken: Stopping);
            _moves = await Moves.ListAsync(Stopping);
            _problem = null;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        await InvokeAsync(StateHasChanged);
    }
}
