using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Components.Packages;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Packages;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/packages: one row per package, the vservers grouped by its version.</summary>
public sealed partial class PackagesPage
{
    private const int MostVersions = 2;
    private const int MostNames = 3;

    private PackageCatalogue? _catalogue;
    private List<PackageVersions> _shown = [];
    private Exception? _problem;
    private string? _running;
    private PackageFilter _filter;
    private string _search = "";
    private bool _reading;
    private bool _asked;

    // packages of one name may be dpkg's and rpm's
    private bool _isMixed;

    /// <summary>"upgradable" or "differs".</summary>
    [SupplyParameterFromQuery(Name = "show")]
    private string? ShowText { get; set; }

    [Inject]
    private PackageService Packages { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized() => _filter = Enum.TryParse<PackageFilter>(ShowText, ignoreCase: true, out var filter) ? filter : PackageFilter.All;

    /// <inheritdoc/>
    protected override Task LiveAsync(CancellationToken stopping) => ReadAsync(false);

    private async Task ReadAsync(bool refresh)
    {
        (_reading, _problem, _running) = (true, null, null);
        StateHasChanged();
        try
        {
            await Gate.DemandAsync(Policies.Read);
            _catalogue = await Packages.CatalogueAsync(refresh, Stopping);
            _isMixed = _catalogue.VServers.Select(v => v.Format).Distinct().Count() > 1;
            Filter();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
        finally
        {
            _reading = false;
        }

        StateHasChanged();
    }

    private void Show(PackageFilter filter)
    {
        _filter = filter;
        Filter();
    }

    private void Filter()
    {
        var search = _search.Trim();
        _shown = [.. (_catalogue?.Packages ?? []).Where(p => Passes(p) && Matches(p, search))];
    }

    private bool Passes(PackageVersions package) => _filter switch
    {
        PackageFilter.Upgradable => package.Upgradable > 0,
        PackageFilter.Differs => package.Differs,
        _ => true,
    };

    private static bool Matches(PackageVersions package, string search) =>
        search.Length == 0
        || package.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
        || package.Summary.Contains(search, StringComparison.OrdinalIgnoreCase)
        || package.Versions.Any(v => v.Version.Contains(search, StringComparison.OrdinalIgnoreCase));

    private string Pressed(PackageFilter filter) => _filter == filter ? "true" : "false";

    /// <summary>"web1, web2, web3 and 7 more"; "all 10".</summary>
    private string Who(PackageVersion version)
    {
        var all = _catalogue!.VServers.Count;
        return version.VServers.Count == all && all > MostNames
            ? $"all {all}"
            : string.Join(", ", version.VServers.Take(MostNames)) + (version.VServers.Count > MostNames ? $" and {version.VServers.Count - MostNames} more" : "");
    }

    private Task<IDialogReference> OpenAsync(PackageVersions package) =>
        Dialogs.ShowAsync<PackageDialog>(package.Name, new DialogParameters<PackageDialog> { { d => d.Package, package }, { d => d.VServers, _catalogue!.VServers } });

    private async Task LookAsync()
    {
        (_asked, _running) = (true, null);
        try
        {
            var caller = await Gate.DemandAsync(Policies.Operate);
            var kinds = _catalogue!.VServers.Where(v => v.CanFetch).GroupBy(v => v.Format, v => v.Name).ToList();
            if (kinds.Count == 0)
            {
                throw new HostProblemException(ProblemCode.Unsupported, "No vserver here has a program that fetches lists of newer packages. Those with rpm alone are upgraded by package files: vrpm NAME -- -U FILE.");
            }

            // a job has one package manager; one that is refused keeps nobody from the other
            var jobs = new List<string>();
            HostProblemException? refused = null;
            foreach (var kind in kinds)
            {
                try
                {
                    jobs.Add((await Packages.LookForUpgradesAsync(kind.Key, [.. kind], caller)).Id);
                }
                catch (HostProblemException e)
                {
                    refused = e;
                }
            }

            (_problem, _running) = (refused, jobs.FirstOrDefault());
            if (refused is null)
            {
                Navigation.NavigateTo(jobs is [var only] ? $"jobs/{only}" : "jobs");
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _asked = false;
    }
}
