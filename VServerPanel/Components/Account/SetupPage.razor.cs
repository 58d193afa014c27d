using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Diagnostics;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Components.Account;

/// <summary>/setup?token=…: what a one-time link opens. The first administrator, someone invited, or a new password.</summary>
public sealed partial class SetupPage(AccountService accounts, OneTimeLinkService links, NavigationManager navigation)
{
    private OneTimeLink? _link;
    private string? _error;

    [SupplyParameterFromForm(FormName = "setup")]
    private SetupInput? Input { get; set; }

    [SupplyParameterFromQuery(Name = "token")]
    private string? Token { get; set; }

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    private string Title => _link?.Kind switch
    {
        OneTimeLinkKind.FirstAdministrator => "First administrator",
        OneTimeLinkKind.Invitation => "Your account",
        OneTimeLinkKind.NewPassword => "New password",
        _ => "This link does not work",
    };

    private string Lead => _link?.Kind switch
    {
        OneTimeLinkKind.FirstAdministrator => "Make the account that will make all others. This link works once.",
        OneTimeLinkKind.Invitation => $"{_link.CreatedBy} invited you to this panel as {_link.Role}. Choose a password.",
        _ => "Choose a new password. You are signed out everywhere else.",
    };

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        Input ??= new SetupInput();
        _link = await links.FindOpenAsync(Token);
        if (_link is null)
        {
            // Not 404, at which Blazor gives up the page: this one says more than the general one.
            HttpContext.Response.StatusCode = StatusCodes.Status410Gone;
            HttpContext.Features.Get<IStatusCodePagesFeature>()?.Enabled = false;
        }
        else if (_link.UserName is not null)
        {
            Input.UserName = _link.UserName;
        }
    }

    private async Task RedeemAsync()
    {
        var outcome = await accounts.RedeemAsync(_link!, Input!.UserName.Trim(), "", Input.Password, ClientAddress.Of(HttpContext));
        if (outcome.Succeeded)
        {
            navigation.NavigateTo("/");
        }
        else
        {
            _error = outcome.Message;
        }
    }

    private sealed class SetupInput
    {
        [Required(ErrorMessage = "Write a user name."), StringLength(64, ErrorMessage = "A user name has at most 64 characters.")]
        public string UserName { get; set; } = "";

        [Required(ErrorMessage = "Write a password."), StringLength(256, MinimumLength = 12, ErrorMessage = "A password has 12 to 256 characters.")]
        public string Password { get; set; } = "";

        [Compare(nameof(Password), ErrorMessage = "The two passwords are not the same.")]
        public string Again { get; set; } = "";
    }
}
