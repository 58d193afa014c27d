using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Parts;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Hosts;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/disk: what vservers take, what has drifted apart, the schedule, and why a file is not shared.</summary>
public sealed partial class DiskPage
{
    private const int MostDrifted = 8;
    private const int FewShares = 15;

    private DiskMeasurement? _disk;
    private List<DiskShare> _shares = [];
    private List<DiskShare> _drifted = [];
    private IReadOnlyList<VServerName> _names = [];
    private long _most;
    private Exception? _problem;
    private bool _measuring;
    private string _search = "";
    private DiskOrder _order;

    /// <summary>The vserver that a file is asked about first.</summary>
    [SupplyParameterFromQuery(Name = "vserver")]
    private string? VServerText { get; set; }

    [Inject]
    private NameSelections Selections { get; set; } = null!;

    [Inject]
    private DiskService Disks { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    // those that drifted, with those they were unified with, by the wizard
    private string Again => "unify?with=" + Selections.Write(_drifted.SelectMany(s => (s.UnifiedWith ?? []).Append(s.VServer!.Value)).Distinct());

    /// <inheritdoc/>
    protected override Task LiveAsync(CancellationToken stopping) => MeasureAsync(false);

    private async Task MeasureAsync(bool refresh)
    {
        _measuring = true;
        _problem = null;
        StateHasChanged();
        try
        {
            await Gate.DemandAsync(Policies.Read);
            _disk = await Disks.MeasureAsync(refresh, Stopping);
            Arrange();
            _drifted = [.. _disk.Shares.Where(s => s is { VServer: not null, UnifiedAt: not null, DriftFiles: > 0 }).OrderByDescending(s => s.DriftBytes)];
            _names = [.. _disk.Shares.Select(s => s.VServer).OfType<VServerName>()];
            _most = _disk.Shares.Select(s => s.ApparentBytes).DefaultIfEmpty(0).Max();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
        finally
        {
            _measuring = false;
        }

        StateHasChanged();
    }

    private void Arrange()
    {
        var search = _search.Trim();
        var found = (_disk?.Shares ?? []).Where(s => (s.VServer?.Value ?? s.Path).Contains(search, StringComparison.OrdinalIgnoreCase));
        _shares = [.. _order switch
        {
            DiskOrder.Own => found.OrderByDescending(s => s.OwnBytes),
            DiskOrder.Apparent => found.OrderByDescending(s => s.ApparentBytes),
            DiskOrder.Drift => found.OrderByDescending(s => s.DriftBytes ?? 0),
            _ => found,
        }];
    }

    private enum DiskOrder
    {
        Name,
        Own,
        Apparent,
        Drift,
    }
}
