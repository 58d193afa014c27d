using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Components.Account;

/// <summary>/sign-in: user name and password.</summary>
public sealed partial class SignInPage(AccountService accounts, NavigationManager navigation)
{
    private string? _error;

    [SupplyParameterFromForm(FormName = "sign-in")]
    private SignInInput? Input { get; set; }

    [SupplyParameterFromQuery(Name = "returnUrl")]
    private string? ReturnUrl { get; set; }

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        Input ??= new SignInInput();
    }

    private async Task SignInAsync()
    {
        var outcome = await accounts.SignInAsync(Input!.UserName.Trim(), Input.Password, Input.Remember, ClientAddress.Of(HttpContext));
        if (outcome.NeedsCode)
        {
            navigation.NavigateTo(navigation.GetUriWithQueryParameters("/sign-in/code", new Dictionary<string, object?>(StringComparer.Ordinal) { ["returnUrl"] = LocalAddress.OrHome(ReturnUrl), ["remember"] = Input.Remember }));
        }
        else if (outcome.Succeeded)
        {
            navigation.NavigateTo(LocalAddress.OrHome(ReturnUrl));
        }
        else
        {
            _error = outcome.Message;
        }
    }

    private sealed class SignInInput
    {
        [Required(ErrorMessage = "Write your user name."), StringLength(256)]
        public string UserName { get; set; } = "";

        [Required(ErrorMessage = "Write your password."), StringLength(256, ErrorMessage = "No password is longer than 256 characters.")]
        public string Password { get; set; } = "";

        public bool Remember { get; set; }
    }
}
