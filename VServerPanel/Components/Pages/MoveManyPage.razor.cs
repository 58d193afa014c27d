using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Moving;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Moving;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/moves/empty: which vservers, where to, what both hosts say to each; then they are queued.</summary>
public sealed partial class MoveManyPage
{
    private const int WhoStep = 0;
    private const int WhereStep = 1;
    private const int PlanStep = 2;

    private static readonly string[] s_steps = ["VServers", "Where", "Plan"];

    private readonly MoveChoice _choice = new();
    private readonly PeerChecks _checks = new();
    private readonly List<string> _targets = [];
    private IReadOnlyList<DirectoryEntry>? _entries;
    private IReadOnlyList<PeerInfo>? _peers;
    private HashSet<VServerName> _chosen = [];
    private IReadOnlyList<MovePlanRow> _rows = [];
    private MoveOrdering _order;
    private CancellationTokenSource? _looking;
    private Exception? _problem;
    private string? _fault;
    private int _atOnce = 2;
    private bool _busy;
    private int _step;

    /// <summary>Names with commas between them that are chosen already.</summary>
    [SupplyParameterFromQuery(Name = "with")]
    private string? With { get; set; }

    [Inject]
    private NameSelections Selections { get; set; } = null!;

    [Inject]
    private MoveService Moves { get; set; } = null!;

    [Inject]
    private MoveQueueService Queue { get; set; } = null!;

    [Inject]
    private PeerService Peers { get; set; } = null!;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private List<MovePlanRow> Wanted => [.. _rows.Where(r => r.IsWanted)];

    private bool CanGoOn => !_busy && _step switch
    {
        WhoStep => _entries is { Count: > 0 },
        WhereStep => _peers is { Count: > 0 },
        _ => Wanted.Count > 0,
    };

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            await foreach (var change in Directory.WatchAsync(stopping))
            {
                if (change.Connection.State is not DirectoryConnection.Connecting)
                {
                    break;
                }
            }

            _entries = [.. Directory.Snapshot.Entries.Where(e => e.Status.State is not (VServerState.Incomplete or VServerState.Standby)).OrderBy(e => e.Name.Value, StringComparer.Ordinal)];
            var there = _entries.Select(e => e.Name).ToHashSet();
            var chosen = Selections.Find(With);
            _chosen = (chosen ?? []).Where(there.Contains).ToHashSet();
            _problem = chosen is null ? NameSelections.Forgotten : null;
            await InvokeAsync(StateHasChanged);
            _peers = (await Peers.ListAsync(stopping)).Peers;
            _targets.AddRange(_peers.Count == 1 ? [_peers[0].Name] : []);
            await InvokeAsync(StateHasChanged);
            await _checks.RunAsync(Peers, _peers, StateHasChanged, stopping);
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
            await InvokeAsync(StateHasChanged);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _looking?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Target((string Name, bool IsChosen) choice)
    {
        _targets.Remove(choice.Name);
        if (choice.IsChosen)
        {
            _targets.Add(choice.Name);
        }

        _fault = null;
    }

    private void Back()
    {
        _looking?.Cancel();
        _step--;
        (_problem, _fault) = (null, null);
    }

    private async Task NextAsync()
    {
        if (!CanGoOn)
        {
            return;
        }

        _fault = _step switch
        {
            WhoStep when _chosen.Count == 0 => "Choose the vservers that are to be moved.",
            WhereStep when _targets.Count == 0 => "Choose the host that they are to be moved to, or several.",
            WhereStep when _atOnce is < 1 or > MoveQueueService.MostAtOnce => $"Let 1 to {MoveQueueService.MostAtOnce} be moved at the same time.",
            WhereStep => _choice.Fault,
            _ => null,
        };
        if (_fault is not null)
        {
            return;
        }

        if (_step == PlanStep)
        {
            await QueueAsync();
        }
        else if (++_step == PlanStep)
        {
            Deal();
            _ = LookAsync();
        }
    }

    private void Deal()
    {
        var ordered = MovePlanRow.Order(_entries!.Where(e => _chosen.Contains(e.Name)), _order);
        var hosts = MoveSpread.Deal([.. ordered.Select(e => e.Status.DiskBytes)], [.. _targets.Select(_checks.RoomOf)]);
        _rows = [.. ordered.Select((e, i) => new MovePlanRow(e, _targets[hosts[i]]))];
    }

    /// <summary>Asks both hosts about one after the other. Whoever does not want to wait for it need not: each is checked again when its turn comes.</summary>
    private async Task LookAsync()
    {
        _looking?.Dispose();
        _looking = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        var stopping = _looking.Token;
        try
        {
            await MovePlanRow.LookAsync(_rows, row => Moves.PlanAsync(row.Entry.Name, _choice.For(row.To), stopping), () => InvokeAsync(StateHasChanged), stopping);
        }
        catch (OperationCanceledException)
        {
            // he went back, or left
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }

    private async Task QueueAsync()
    {
        (_busy, _problem) = (true, null);
        try
        {
            var caller = await Gate.DemandAsync(Policies.Operate);
            await Queue.AddAsync([.. Wanted.Select(r => new MoveOrder(r.Entry.Name, _choice.For(r.To)))], _atOnce, caller, Stopping);
            Navigation.NavigateTo("moves");
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _busy = false;
    }
}
