using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Packages;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/packages/upgrade: which vservers, which packages, the plan. Then its job has a page of its own.</summary>
public sealed partial class UpgradePage
{
    private const int VServersStep = 0;
    private const int PackagesStep = 1;
    private const int PlanStep = 2;

    private static readonly string[] s_steps = ["VServers", "Packages", "Plan"];

    private PackageCatalogue? _catalogue;
    private PackageFormat _kind;
    private HashSet<VServerName> _vservers = [];
    private HashSet<string> _packages = [];
    private bool _all = true;
    private bool _unify;
    private OperationPlan? _plan;
    private Exception? _problem;
    private string? _fault;
    private bool _busy;
    private int _step;

    /// <summary>Names of vservers with commas between them that are chosen already.</summary>
    [SupplyParameterFromQuery(Name = "in")]
    private string? In { get; set; }

    /// <summary>A package that is to be upgraded wherever it can be.</summary>
    [SupplyParameterFromQuery(Name = "package")]
    private string? Package { get; set; }

    /// <summary>"rpm", where that package is one of rpm's.</summary>
    [SupplyParameterFromQuery(Name = "format")]
    private string? FormatText { get; set; }

    [Inject]
    private NameSelections Selections { get; set; } = null!;

    [Inject]
    private PackageService Packages { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private PackageRequest Request => new(
        _kind,
        [.. Chosen.OrderBy(n => n.Value, StringComparer.Ordinal)],
        _all ? [] : [.. _packages.Order(StringComparer.Ordinal)],
        _unify);

    private bool CanGoOn => !_busy && (_step == PlanStep ? _plan is { Problems.Count: 0 } : _catalogue is not null);

    /// <summary>Those that are chosen and are upgraded by one run.</summary>
    private IEnumerable<VServerName> Chosen => (_catalogue?.VServers ?? []).Where(v => v.CanFetch && v.Format == _kind).Select(v => v.Name).Where(_vservers.Contains);

    /// <summary>What can be upgraded in those that are chosen.</summary>
    private List<PackageVersions> Offered => [.. PackagesOf(_kind).Where(p => p.Versions.Any(v => v.Candidate is not null && v.VServers.Any(_vservers.Contains)))];

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            _catalogue = await Packages.CatalogueAsync(cancellationToken: stopping);
            ChooseFromAddress();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        await InvokeAsync(StateHasChanged);
    }

    private void ChooseFromAddress()
    {
        var able = _catalogue!.VServers.Where(v => v.CanFetch).ToLookup(v => v.Name, v => v.Format);
        if (Package is { Length: > 0 })
        {
            _all = false;
            _packages = [Package];
            _kind = FormatText is "rpm" ? PackageFormat.Rpm : PackageFormat.Dpkg;
            _vservers = [.. PackagesOf(_kind).Where(p => p.Name == Package).SelectMany(p => p.Versions).Where(v => v.Candidate is not null).SelectMany(v => v.VServers).Where(n => able[n].Contains(_kind))];
        }
        else
        {
            var chosen = Selections.Find(In);
            _vservers = [.. (chosen ?? []).Where(able.Contains)];
            _problem = chosen is null ? NameSelections.Forgotten : null;

            // what most of the chosen have comes first; of none, what most of all have
            var formats = (_vservers.Count > 0 ? _vservers.SelectMany(n => able[n]) : able.SelectMany(v => v)).GroupBy(f => f).OrderByDescending(g => g.Count()).ThenBy(g => g.Key);
            _kind = formats.FirstOrDefault()?.Key ?? PackageFormat.Dpkg;
        }
    }

    private IEnumerable<PackageVersions> PackagesOf(PackageFormat kind) => (_catalogue?.Packages ?? []).Where(p => p.Format == kind);

    private void ChooseKind(PackageFormat kind)
    {
        (_kind, _packages, _all) = (kind, [], true);
        _fault = null;
    }

    private void ChooseVServers(IReadOnlySet<VServerName> names)
    {
        _vservers = [.. names];
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

        _fault = _step == PackagesStep && !_all && _packages.Count == 0 ? "Choose packages, or all that can be upgraded." : Request.Fault;
        if (_fault is not null)
        {
            return;
        }

        (_busy, _problem) = (true, null);
        try
        {
            if (_step == PlanStep)
            {
                var job = await Packages.UpgradeAsync(Request, await Gate.DemandAsync(Policies.Operate), Stopping);
                Navigation.NavigateTo($"jobs/{job.Id}");
            }
            else if (++_step == PlanStep)
            {
                StateHasChanged();
                await Gate.DemandAsync(Policies.Operate);
                _plan = await Packages.PlanAsync(Request, Stopping);
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
