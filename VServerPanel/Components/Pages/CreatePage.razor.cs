using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/create: what it is made from, its name and addresses, its limits, the plan. Then its job has a page of its own.</summary>
public sealed partial class CreatePage
{
    private const int SourceStep = 0;
    private const int NameStep = 1;
    private const int LimitsStep = 2;
    private const int PlanStep = 3;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);
    private static readonly string[] s_steps = ["Source", "Name and addresses", "Limits and tenant", "Plan"];

    private static readonly string[][] s_fieldsOfStep =
    [
        [nameof(CreateRequest.Method), nameof(CreateRequest.Source), nameof(CreateRequest.Mirror)],
        [nameof(CreateRequest.Name), nameof(CreateRequest.Hostname), nameof(CreateRequest.Description), nameof(CreateRequest.Addresses), nameof(CreateRequest.Device), nameof(CreateRequest.NetworkMode), nameof(CreateRequest.Gateways), nameof(CreateRequest.NameServers)],
        [nameof(CreateRequest.MemoryLimitBytes), nameof(CreateRequest.ProcessLimit), nameof(CreateRequest.ProcessorLimit), nameof(CreateRequest.InitStyle), nameof(CreateRequest.OnBoot), nameof(CreateRequest.StartAfterwards)],
        [],
    ];

    private readonly CreateRequest _request = new();
    private readonly HashSet<string> _shown = [];
    private IReadOnlyList<BuildSource>? _sources;
    private IReadOnlyList<FieldFault> _faults = [];
    private IReadOnlyList<Tenant> _tenants = [];
    private HostReport? _report;
    private OperationPlan? _plan;
    private Exception? _problem;
    private Guid? _tenantId;
    private int _step;
    private int _edition;
    private bool _busy;

    /// <summary>The vserver that the new one is to be a copy of.</summary>
    [SupplyParameterFromQuery(Name = "copyof")]
    private string? CopyOf { get; set; }

    [Inject]
    private CreationService Creation { get; set; } = null!;

    [Inject]
    private HostService Host { get; set; } = null!;

    [Inject]
    private TenantService Tenants { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private bool CanGoOn => !_busy && (_step == PlanStep ? _plan is { Problems.Count: 0 } : _sources is not null);

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            _sources = await Creation.SourcesAsync(stopping);
            _tenants = await Tenants.ListAsync(stopping);
            _report = await Host.InfoAsync(cancellationToken: stopping);
            _request.Device = _report.Devices.Count > 0 ? _report.Devices[0] : "";
            if (_sources.FirstOrDefault(s => s.Method == BuildMethod.Clone && s.Source == CopyOf) is { } copied)
            {
                (_request.Method, _request.Source, _step) = (copied.Method, copied.Source, NameStep);
            }
            else if (_sources.Count > 0)
            {
                (_request.Method, _request.Source) = (_sources[0].Method, _sources[0].Source);
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        await InvokeAsync(StateHasChanged);
    }

    private IEnumerable<FieldFault> FaultsOf(params string[] fields) => _faults.Where(f => fields.Contains(f.Field));

    /// <summary>A field was changed: what is wrong with it shows once the user pauses.</summary>
    private async Task TouchAsync(string field)
    {
        var edition = ++_edition;
        await Task.Delay(s_pause, Stopping);
        if (edition == _edition)
        {
            _shown.Add(field);
            await CheckAsync();
        }
    }

    private async Task CheckAsync() => _faults = await Creation.ValidateAsync(_request, Stopping);

    private void Back()
    {
        _step--;
        (_plan, _problem) = (null, null);
    }

    private async Task NextAsync()
    {
        if (!CanGoOn)
        {
            return;
        }

        _busy = true;
        _edition++;
        try
        {
            if (_step == PlanStep)
            {
                await CreateAsync();
            }
            else
            {
                await CheckAsync();
                _shown.UnionWith(s_fieldsOfStep[_step]);
                if (!FaultsOf(s_fieldsOfStep[_step]).Any())
                {
                    _step++;
                    _problem = null;
                }

                if (_step == PlanStep)
                {
                    await PlanAsync();
                }
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _busy = false;
    }

    private async Task PlanAsync()
    {
        if (_faults.Count > 0)
        {
            // Something of an earlier step became wrong meanwhile: an address was taken.
            _step = Array.FindIndex(s_fieldsOfStep, fields => fields.Contains(_faults[0].Field));
            return;
        }

        _plan = null;
        StateHasChanged();
        await Gate.DemandAsync(Policies.Operate);
        _plan = await Creation.PlanAsync(_request, Stopping);
    }

    private async Task CreateAsync()
    {
        var created = await Creation.CreateAsync(_request, await Gate.DemandAsync(Policies.Operate), _tenantId, Stopping);
        Navigation.NavigateTo($"jobs/{created.Build.Id}");
    }
}
