using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Parts;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Unification;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/unify: which vservers, how, the plan. Then its job has a page of its own.</summary>
public sealed partial class UnifyPage
{
    private const int MembersStep = 0;
    private const int MethodStep = 1;
    private const int PlanStep = 2;

    private static readonly string[] s_steps = ["VServers", "How", "Plan"];

    private HashSet<VServerName> _chosen = [];
    private IReadOnlyList<DirectoryEntry>? _entries;
    private VServerName? _reference;
    private UnificationScope _scope = UnificationScope.Package;
    private SharingMethod? _method;
    private DiskMeasurement? _disk;
    private UnificationPlan? _plan;
    private Exception? _problem;
    private string? _fault;
    private bool _quick;
    private bool _busy;
    private int _step;

    /// <summary>Names with commas between them that are chosen already, the reference first.</summary>
    [SupplyParameterFromQuery(Name = "with")]
    private string? With { get; set; }

    /// <summary>"content" where all files are to be compared.</summary>
    [SupplyParameterFromQuery(Name = "by")]
    private string? By { get; set; }

    [Inject]
    private NameSelections Selections { get; set; } = null!;

    [Inject]
    private UnificationService Unification { get; set; } = null!;

    [Inject]
    private DiskService Disks { get; set; } = null!;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private UnificationRequest Request => new(_reference!.Value, [.. _chosen.Where(n => n != _reference).OrderBy(n => n.Value, StringComparer.Ordinal)], _scope) { IsQuick = _quick, Method = _method };

    private bool CanGoOn => !_busy && (_step == PlanStep ? _plan is { Problems.Count: 0 } : _entries is { Count: > 1 });

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

            _entries = [.. Directory.Snapshot.Entries.Where(e => e.Status.State is not (VServerState.Incomplete or VServerState.Broken))];
            _scope = By == "content" ? UnificationScope.Content : UnificationScope.Package;
            var there = _entries.Select(e => e.Name).ToHashSet();
            var chosen = Selections.Find(With);
            Choose([.. (chosen ?? []).Where(there.Contains).Distinct()]);
            _problem = chosen is null ? NameSelections.Forgotten : null;
            await InvokeAsync(StateHasChanged);
            _disk = await Disks.MeasureAsync(cancellationToken: stopping);
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        await InvokeAsync(StateHasChanged);
    }

    private void Choose(IReadOnlyList<VServerName> names)
    {
        _chosen = [.. names];
        _reference = names.Count > 0 ? names[0] : null;
        _fault = null;
    }

    private void Back()
    {
        _step--;
        (_plan, _problem, _fault) = (null, null, null);
    }

    private async Task NextAsync()
    {
        if (!CanGoOn)
        {
            return;
        }

        _fault = _reference is null ? "Choose at least two vservers: files are shared between them." : Request.Fault;
        if (_fault is not null)
        {
            return;
        }

        _busy = true;
        _problem = null;
        try
        {
            if (_step == PlanStep)
            {
                var job = await Unification.StartAsync(Request, await Gate.DemandAsync(Policies.Operate), Stopping);
                Disks.Forget();
                Navigation.NavigateTo($"jobs/{job.Id}");
            }
            else if (++_step == PlanStep)
            {
                StateHasChanged();
                await Gate.DemandAsync(Policies.Operate);
                _plan = await Unification.PlanAsync(Request, Stopping);
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
        finally
        {
            _busy = false;
        }
    }
}
