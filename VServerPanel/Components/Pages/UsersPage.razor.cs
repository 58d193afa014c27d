using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tenants;
using VServerPanel.Hosting;
using VServerPanel.Identity;

namespace VServerPanel.Components.Pages;

/// <summary>/users: accounts and invitations.</summary>
public sealed partial class UsersPage
{
    private IReadOnlyList<UserSummary>? _users;
    private IReadOnlyList<Tenant> _tenants = [];
    private Exception? _problem;
    private string _userName = "";
    private string _role = Roles.Operator;
    private string _tenantId = "";
    private string? _link;
    private string _linkTitle = "";

    [SupplyParameterFromQuery(Name = "tenant")]
    private string? TenantInAddress { get; set; }

    [Inject]
    private UserAdministration Users { get; set; } = null!;

    [Inject]
    private TenantService Tenants { get; set; } = null!;

    [Inject]
    private PublicAddress Public { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        if (Guid.TryParse(TenantInAddress, out var tenantId))
        {
            (_role, _tenantId) = (Roles.Tenant, tenantId.ToString());
        }

        _tenants = await Tenants.ListAsync();
        await LoadAsync();
    }

    private async Task LoadAsync() => _users = await Users.ListAsync();

    private Task InviteAsync() => DoAsync(async () =>
    {
        var name = _userName.Trim();
        var token = await Users.InviteAsync(name, _role, _role == Roles.Tenant && Guid.TryParse(_tenantId, out var tenant) ? tenant : null);
        Show($"A link for {name} to make the account.", token);
        _userName = "";
    });

    private Task MakePasswordLinkAsync(UserSummary user) => DoAsync(async () =>
        Show($"A link for {user.UserName} to set a new password.", await Users.MakePasswordLinkAsync(user.Id)));

    private void Show(string title, string token) => (_linkTitle, _link) = (title, Public.To($"/setup?token={token}"));

    private async Task DoAsync(Func<Task> change)
    {
        try
        {
            await change();
            _problem = null;
            await LoadAsync();
        }
        catch (Exception e) when (e is AccountRefusedException or NotAllowedException or HostProblemException)
        {
            _problem = e;
        }
    }
}
