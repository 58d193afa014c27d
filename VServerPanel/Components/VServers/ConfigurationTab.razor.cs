using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using MudBlazor;
using VServerPanel.Core.Configuration;
using VServerPanel.Core.Hosts;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.VServers;

/// <summary>The conf file: written freely, checked by the host while one writes, compared before it is saved, never over another's change.</summary>
public sealed partial class ConfigurationTab
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(450);

    private ConfDocument? _document;
    private ConfDocument? _conflict;
    private ConfCheck? _check;
    private Exception? _problem;
    private string _text = "";
    private int _edition;
    private bool _checking;
    private bool _reviewing;
    private bool _saving;
    private bool _mayOperate;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    /// <summary>Whether what is saved takes effect later.</summary>
    [Parameter]
    public VServerState State { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = null!;

    [Inject]
    private ConfigurationService Configuration { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IAuthorizationService Authorization { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    private bool IsChanged => _document is not null && _text != _document.Text;

    private bool CanReview => IsChanged && !_checking && _conflict is null && _check is not null && !_check.Findings.Any(f => f.IsError);

    private IReadOnlyList<ConfFinding> Findings => [.. (_check?.Findings ?? _document?.Findings ?? []).OrderByDescending(f => f.IsError).ThenBy(f => f.Line)];

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync() =>
        _mayOperate = (await Authorization.AuthorizeAsync((await Authentication).User, Policies.Operate)).Succeeded;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await LoadAsync();
        await InvokeAsync(StateHasChanged);
    }

    private async Task LoadAsync()
    {
        try
        {
            await Gate.DemandAsync(Policies.Read);
            _document = await Configuration.GetAsync(Name, Stopping);
            (_text, _check, _conflict, _problem, _reviewing) = (_document.Text, null, null, null, false);
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
    }

    private async Task ChangedAsync(string? text)
    {
        // A browser's textarea knows line feeds only; the file may have others, and keeps them.
        _text = _document!.Text.Contains("\r\n", StringComparison.Ordinal) ? (text ?? "").ReplaceLineEndings("\r\n") : text ?? "";
        await CheckAsync(s_pause);
    }

    private async Task CheckAsync(TimeSpan pause)
    {
        var edition = ++_edition;
        _checking = true;
        await Task.Delay(pause, Stopping);
        if (edition != _edition)
        {
            return;
        }

        try
        {
            await Gate.DemandAsync(Policies.Operate);
            var check = await Configuration.CheckAsync(Name, _text, Stopping);
            if (edition == _edition)
            {
                (_check, _problem, _checking) = (check, null, false);
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _check, _checking) = (e, null, false);
        }
    }

    private void Revert() => (_text, _check, _problem, _edition, _checking) = (_document!.Text, null, null, _edition + 1, false);

    private async Task SaveAsync()
    {
        _saving = true;
        try
        {
            _document = await Configuration.SaveAsync(Name, _document!, _text, await Gate.DemandAsync(Policies.Operate));
            (_text, _check, _problem, _reviewing) = (_document.Text, null, null, false);
            Snackbar.Add(State == VServerState.Running ? $"Saved. {Name} uses it from its next start on." : "Saved.", Severity.Success);
        }
        catch (HostProblemException e) when (e.Code == ProblemCode.Conflict)
        {
            await ShowConflictAsync();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _reviewing) = (e, false);
        }

        _saving = false;
    }

    private async Task ShowConflictAsync()
    {
        try
        {
            _conflict = await Configuration.GetAsync(Name, Stopping);
            _reviewing = false;
        }
        catch (HostProblemException e)
        {
            _problem = e;
        }
    }

    private void TakeTheirs() => (_document, _text, _check, _conflict, _edition) = (_conflict, _conflict!.Text, null, null, _edition + 1);

    private async Task KeepMineAsync()
    {
        (_document, _conflict) = (_conflict, null);
        await CheckAsync(TimeSpan.Zero);
        _reviewing = CanReview;
    }

    private async Task ConfirmLeavingAsync(LocationChangingContext context)
    {
        if (IsChanged && await Dialogs.ShowMessageBoxAsync("Leave without saving?", $"Your changes to {Name}.conf are not saved.", yesText: "Leave", cancelText: "Stay") != true)
        {
            context.PreventNavigation();
        }
    }
}
