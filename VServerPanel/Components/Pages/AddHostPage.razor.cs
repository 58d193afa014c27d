using System.Globalization;
using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/hosts/add: where a host is, whether its key is the right one, what it is; then it is one of the panel's.</summary>
public sealed partial class AddHostPage
{
    private static readonly string[] s_steps = ["Where", "Its key", "What it is"];
    private static readonly string[] s_next = ["Ask for its key", "Connect", "Add this host"];
    private static readonly string[] s_doing = ["Asking for its key …", "Connecting …", "Adding …"];

    private string? _publicKey;
    private string _name = "";
    private string _address = "";
    private string _port = "22";
    private bool _isCompared;
    private bool _busy;
    private Exception? _problem;

    // what was found at the first step, and at the second
    private PinnedHost? _host;
    private HostReport? _report;

    [Inject]
    private HostCatalogue Catalogue { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private int Step => _host is null ? 0 : _report is null ? 1 : 2;

    private string AllowCommand => $"vserver-setup --allow-panel '{_publicKey}'";

    private bool CanGoOn => Step switch
    {
        0 => _name.Trim().Length > 0 && _address.Trim().Length > 0,
        1 => _isCompared,
        _ => true,
    };

    /// <inheritdoc/>
    protected override Task OnInitializedAsync() => TryAsync(async _ => _publicKey = await Catalogue.PublicKeyAsync());

    private Task NextAsync() => _busy || !CanGoOn ? Task.CompletedTask : TryAsync(async caller =>
    {
        switch (Step)
        {
            case 0:
                (_isCompared, _host) = (false, await Catalogue.FindAsync(_name, _address, int.TryParse(_port, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0));
                break;
            case 1:
                _report = await Catalogue.TryAsync(_host!);
                break;
            default:
                await Catalogue.AddAsync(_host!, caller);
                Navigation.NavigateTo("hosts");
                break;
        }
    });

    private void Back()
    {
        (_host, _report, _problem) = (_report is null ? null : _host, null, null);
    }

    private async Task TryAsync(Func<VServerPanel.Core.Caller, Task> step)
    {
        _busy = true;
        try
        {
            await step(await Gate.DemandAsync(Policies.Administer));
            _problem = null;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _busy = false;
    }
}
