using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Configuration;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Readdressing;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/vservers/NAME/address: another host name and other addresses, the difference of every file, then its job has a page of its own.</summary>
public sealed partial class ReaddressPage
{
    private static readonly char[] s_between = [' ', ',', ';', '\n', '\r', '\t'];

    private ConfDocument? _conf;
    private OperationPlan? _plan;
    private string _hostname = "";
    private string _addresses = "";
    private bool _changesGuest = true;

    /// <summary>The vserver's.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    [Inject]
    private ConfigurationService Configuration { get; set; } = null!;

    [Inject]
    private ReaddressingService Readdressing { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private bool CanRun => _plan is { Problems.Count: 0, Changes.Count: > 0 };

    // what was not touched is not asked for, and stays as it is written
    private ReaddressRequest Request => new(
        VServer,
        _hostname.Trim() == Configured("S_HOSTNAME") ? null : _hostname.Trim(),
        AddressesOf(_addresses) is var wanted && wanted.SequenceEqual(AddressesOf(Configured("IPROOT")), StringComparer.Ordinal) ? null : wanted,
        _changesGuest);

    private VServerName VServer => VServerName.TryParse(Name, out var name) ? name : throw new HostProblemException(ProblemCode.InvalidArgument, $"'{Name}' is not a vserver name. {VServerName.Rule}");

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await TryAsync(async () =>
        {
            await Gate.DemandAsync(Policies.Operate);
            _conf = await Configuration.GetAsync(VServer, stopping);
            (_hostname, _addresses) = (Configured("S_HOSTNAME"), string.Join('\n', AddressesOf(Configured("IPROOT"))));
        });
        await InvokeAsync(StateHasChanged);
    }

    private static string[] AddressesOf(string text) => text.Split(s_between, StringSplitOptions.RemoveEmptyEntries);

    private string Configured(string key) => _conf?.Values.GetValueOrDefault(key)?.Trim() ?? "";

    private void Back() => (_plan, Problem) = (null, null);

    private Task NextAsync() => TryAsync(async () =>
    {
        var caller = await Gate.DemandAsync(Policies.Operate);
        if (_plan is null)
        {
            _plan = await Readdressing.PlanAsync(Checked(), Stopping);
        }
        else if (CanRun)
        {
            var job = await Readdressing.RunAsync(Checked(), caller);
            Navigation.NavigateTo($"jobs/{job.Id}");
        }
    });

    private ReaddressRequest Checked() => Request switch
    {
        { IsEmpty: true } => throw new HostProblemException(ProblemCode.InvalidArgument, "Nothing is different yet. Write another host name or other addresses."),
        { Addresses.Count: 0 } => throw new HostProblemException(ProblemCode.InvalidArgument, "Write at least one address. A vserver that is to be tied to none is changed in its configuration."),
        var request => request,
    };
}
