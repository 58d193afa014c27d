using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Components.Moving;
using VServerPanel.Core;
using VServerPanel.Core.Moving;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/moves/hosts: which hosts this one sends vservers to, which may send theirs here, and the keys for it.</summary>
public sealed partial class MoveHostsPage
{
    private readonly PeerChecks _checks = new();
    private PeerList? _list;
    private HostKeys? _keys;
    private string _name = "";
    private string _address = "";
    private int _port = 22;
    private string _hostKey = "";
    private string _sourceName = "";
    private string _sourceKey = "";

    [Inject]
    private PeerService Peers { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await TryAsync(async () =>
        {
            await Gate.DemandAsync(Policies.Administer);
            _keys = await Peers.FindKeysAsync(stopping);
            await ReadAsync(stopping);
        });
        StateHasChanged();
        await CheckAsync(stopping);
    }

    private async Task ReadAllAsync()
    {
        await TryAsync(async () =>
        {
            _keys = await Peers.FindKeysAsync(Stopping);
            await ReadAsync(Stopping);
        });
        await CheckAsync(Stopping);
    }

    private async Task ReadAsync(CancellationToken stopping) => _list = await Peers.ListAsync(stopping);

    private Task CheckAsync(CancellationToken stopping) => _checks.RunAsync(Peers, _list?.Peers ?? [], StateHasChanged, stopping);

    private Task MakeKeysAsync() => ChangeAsync(async caller => _keys = await Peers.MakeKeysAsync(caller), "This host has a key for other hosts now.");

    private Task AddAsync() => ChangeAsync(
        async caller =>
        {
            await Peers.AddAsync(_name.Trim(), _address, _port, _hostKey, caller);
            (_name, _address, _port, _hostKey) = ("", "", 22, "");
        },
        $"{_name.Trim()} is known now.");

    private Task AllowAsync() => ChangeAsync(
        async caller =>
        {
            await Peers.AllowAsync(_sourceName.Trim(), _sourceKey, caller);
            (_sourceName, _sourceKey) = ("", "");
        },
        $"{_sourceName.Trim()} may send vservers here.");

    private async Task RemoveAsync(string name)
    {
        if (await AskAsync($"Remove {name}?", $"No vserver can be sent to {name} any more. Moves to it that were cut off need it again before they can be finished or taken back.", "Remove"))
        {
            await ChangeAsync(caller => Peers.RemoveAsync(name, caller), $"{name} is forgotten.");
        }
    }

    private async Task DenyAsync(string name)
    {
        if (await AskAsync($"Deny {name}?", $"{name} can send no vserver here any more, nor finish a move that was cut off. A connection that is open goes on until it ends.", "Deny"))
        {
            await ChangeAsync(caller => Peers.DenyAsync(name, caller), $"{name} may send vservers here no more.");
        }
    }

    private async Task<bool> AskAsync(string title, string what, string yes) => await Dialogs.ShowMessageBoxAsync(title, what, yesText: yes, cancelText: "Leave it") == true;

    private async Task ChangeAsync(Func<Caller, Task> change, string done)
    {
        await TryAsync(async () =>
        {
            await change(await Gate.DemandAsync(Policies.Administer));
            Snackbar.Add(done, Severity.Success);
            await ReadAsync(Stopping);
        });
        StateHasChanged();
        if (Problem is null)
        {
            await CheckAsync(Stopping);
        }
    }
}
