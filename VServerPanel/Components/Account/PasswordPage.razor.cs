using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Components.Account;

/// <summary>/account/password: one's own password.</summary>
public sealed partial class PasswordPage(AccountService accounts, UserManager<PanelUser> users)
{
    private string? _error;
    private bool _done;

    [SupplyParameterFromForm(FormName = "password")]
    private PasswordInput? Input { get; set; }

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        Input ??= new PasswordInput();
    }

    private async Task ChangeAsync()
    {
        var user = await users.GetUserAsync(HttpContext.User) ?? throw new NotAllowedException("Your session has ended. Sign in again.");
        var outcome = await accounts.ChangePasswordAsync(user, Input!.Current, Input.Password, ClientAddress.Of(HttpContext));
        (_done, _error) = (outcome.Succeeded, outcome.Message);
    }

    private sealed class PasswordInput
    {
        [Required(ErrorMessage = "Write the password you have now.")]
        public string Current { get; set; } = "";

        [Required(ErrorMessage = "Write a new password."), StringLength(256, MinimumLength = 12, ErrorMessage = "A password has 12 to 256 characters.")]
        public string Password { get; set; } = "";

        [Compare(nameof(Password), ErrorMessage = "The two passwords are not the same.")]
        public string Again { get; set; } = "";
    }
}
