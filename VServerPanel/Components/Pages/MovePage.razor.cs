using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Moving;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/vservers/NAME/move: where to and how, what both hosts say to it, then its job has a page of its own.</summary>
public sealed partial class MovePage
{
    private const int WhereStep = 0;
    private const int PlanStep = 1;

    private static readonly string[] s_steps = ["Where", "Plan"];

    private readonly MoveChoice _choice = new();
    private readonly PeerChecks _checks = new();
    private IReadOnlyList<PeerInfo>? _peers;
    private MoveInfo? _open;
    private MovePlan? _plan;
    private string? _to;
    private string? _fault;
    private int _step;

    /// <summary>The vserver's.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    [Inject]
    private MoveService Moves { get; set; } = null!;

    [Inject]
    private PeerService Peers { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private bool CanGoOn => !IsBusy && (_step == WhereStep ? _peers is { Count: > 0 } : _plan is { Problems.Count: 0 });

    private VServerName VServer => VServerName.TryParse(Name, out var name) ? name : throw new HostProblemException(ProblemCode.InvalidArgument, $"'{Name}' is not a vserver name. {VServerName.Rule}");

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await TryAsync(async () =>
        {
            await Gate.DemandAsync(Policies.Operate);
            _open = await Moves.FindAsync(VServer, stopping);
            _peers = (await Peers.ListAsync(stopping)).Peers;
            _to = _peers.Count == 1 ? _peers[0].Name : null;
        });
        await InvokeAsync(StateHasChanged);
        await _checks.RunAsync(Peers, _peers ?? [], StateHasChanged, stopping);
    }

    private void Back()
    {
        _step--;
        (_plan, Problem, _fault) = (null, null, null);
    }

    private async Task NextAsync()
    {
        if (!CanGoOn)
        {
            return;
        }

        _fault = _to is null ? "Choose the host that it is to be moved to." : _choice.Fault;
        if (_fault is not null)
        {
            return;
        }

        var request = _choice.For(_to!);
        await TryAsync(async () =>
        {
            var caller = await Gate.DemandAsync(Policies.Operate);
            if (_step == PlanStep)
            {
                var job = await Moves.StartAsync(VServer, request, caller, Stopping);
                Navigation.NavigateTo($"jobs/{job.Id}");
                return;
            }

            _step = PlanStep;
            StateHasChanged();
            _plan = await Moves.PlanAsync(VServer, request, Stopping);
        });
    }
}
