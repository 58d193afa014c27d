using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Components.Account;

/// <summary>/sign-in/code: the second step, for who has one.</summary>
public sealed partial class CodePage(AccountService accounts, NavigationManager navigation)
{
    private string? _error;

    [SupplyParameterFromForm(FormName = "code")]
    private CodeInput? Input { get; set; }

    [SupplyParameterFromQuery(Name = "returnUrl")]
    private string? ReturnUrl { get; set; }

    [SupplyParameterFromQuery(Name = "remember")]
    private bool Remember { get; set; }

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized() => Input ??= new CodeInput();

    private async Task SignInAsync()
    {
        var outcome = await accounts.SignInWithCodeAsync(Input!.Code, Remember, ClientAddress.Of(HttpContext));
        if (outcome.Succeeded)
        {
            navigation.NavigateTo(LocalAddress.OrHome(ReturnUrl));
        }
        else
        {
            _error = outcome.Message;
        }
    }

    private sealed class CodeInput
    {
        [Required(ErrorMessage = "Write the code."), StringLength(32, ErrorMessage = "No code is that long.")]
        public string Code { get; set; } = "";
    }
}
