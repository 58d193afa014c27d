using System.Globalization;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Hosting;
using VServerPanel.Identity;

namespace VServerPanel.Components.Pages;

/// <summary>/tenants/ID: what belongs to a tenant, and who may look.</summary>
public sealed partial class TenantPage
{
    private TenantDetail? _detail;
    private IReadOnlyDictionary<Guid, Tenant> _assignments = new Dictionary<Guid, Tenant>();
    private IReadOnlyList<UserSummary> _users = [];
    private Exception? _problem;
    private bool _loaded;
    private string _assign = "";
    private string _label = "";
    private string _days = "30";
    private string _name = "";
    private string? _newLink;

    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private TenantService Tenants { get; set; } = null!;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private UserAdministration Users { get; set; } = null!;

    [Inject]
    private PublicAddress Public { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_detail?.Tenant.Id != Id)
        {
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        await Gate.DemandAsync(Policies.Operate);
        _detail = await Tenants.FindAsync(Id);
        _assignments = await Tenants.AssignmentsAsync();
        _users = [.. (await Users.ListAsync()).Where(u => u.Tenant?.Id == Id)];
        _name = _detail?.Tenant.Name ?? "";
        _loaded = true;
    }

    private async Task DoAsync(Func<Caller, Task> change)
    {
        try
        {
            await change(await Gate.DemandAsync(Policies.Operate));
            _problem = null;
            await LoadAsync();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
    }

    private Task AssignAsync() => DoAsync(async caller =>
    {
        await Tenants.AssignAsync(Id, Guid.Parse(_assign), caller);
        _assign = "";
    });

    private Task CreateLinkAsync() => DoAsync(async caller =>
    {
        var link = await Tenants.CreateLinkAsync(Id, _label.Trim(), TimeSpan.FromDays(int.Parse(_days, CultureInfo.InvariantCulture)), caller);
        _newLink = Public.To($"/s/{link.Token}");
        _label = "";
    });

    private Task RenameAsync() => DoAsync(caller => Tenants.RenameAsync(Id, _name.Trim(), caller));

    private async Task DeleteAsync()
    {
        if (await Dialogs.ShowMessageBoxAsync($"Remove {_detail!.Tenant.Name}?", "His vservers stay as they are. His links stop working, and his users see nothing any more.", yesText: "Remove", cancelText: "Keep") == true)
        {
            await DoAsync(caller => Tenants.DeleteAsync(Id, caller));
            if (_problem is null)
            {
                Navigation.NavigateTo("tenants");
            }
        }
    }
}
