using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using QRCoder;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Components.Account;

/// <summary>/account/two-step: one's own second step, on and off.</summary>
public sealed partial class TwoStepPage(TwoStepService twoStep, UserManager<PanelUser> users)
{
    private const string WrongCode = "That code is not right, or its half minute is over. Write the one that it shows now; the phone's clock must be right.";

    private PanelUser? _user;
    private IReadOnlyList<string>? _recoveryCodes;
    private string? _error;
    private string _picture = "";
    private string _spacedKey = "";

    [SupplyParameterFromForm(FormName = "two-step")]
    private TwoStepInput? Input { get; set; }

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        Input ??= new TwoStepInput();
        _user = await users.GetUserAsync(HttpContext.User) ?? throw new NotAllowedException("Your session has ended. Sign in again.");
        if (!_user.TwoFactorEnabled)
        {
            await ShowKeyAsync();
        }
    }

    private async Task ShowKeyAsync()
    {
        var key = await twoStep.KeyAsync(_user!);
        _spacedKey = string.Join(' ', key.Chunk(4).Select(part => new string(part)));
        using var code = QRCodeGenerator.GenerateQrCode(TwoStepService.Address(_user!, key), QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(code);
        _picture = "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(svg.GetGraphic(4)));
    }

    private async Task SwitchOnAsync()
    {
        _recoveryCodes = await twoStep.SwitchOnAsync(_user!, Input!.Code, ClientAddress.Of(HttpContext));
        _error = _recoveryCodes is null ? WrongCode : null;
    }

    private async Task SwitchOffAsync()
    {
        if (await twoStep.SwitchOffAsync(_user!, Input!.Code, ClientAddress.Of(HttpContext)))
        {
            Input = new TwoStepInput();
            await ShowKeyAsync();
        }
        else
        {
            _error = WrongCode;
        }
    }

    private sealed class TwoStepInput
    {
        [Required(ErrorMessage = "Write the code."), StringLength(16, ErrorMessage = "No code is that long.")]
        public string Code { get; set; } = "";
    }
}
