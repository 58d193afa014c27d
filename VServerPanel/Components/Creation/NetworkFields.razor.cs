using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Creation;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Creation;

/// <summary>The wizard's network: the host's or one of its own, what it is connected to, addresses, routers, name servers.</summary>
public sealed partial class NetworkFields
{
    private static readonly char[] s_separators = [' ', ',', '\n', '\r', '\t'];

    private string _addresses = "";
    private string _gateways = "";
    private string _nameServers = "";

    /// <summary>The form's content; its fields are set here.</summary>
    [Parameter, EditorRequired]
    public CreateRequest Request { get; set; } = null!;

    [Parameter]
    public HostReport? Report { get; set; }

    [Parameter]
    public IReadOnlyList<FieldFault> Faults { get; set; } = [];

    [Parameter]
    public IReadOnlySet<string>? Shown { get; set; }

    /// <summary>Called with the name of the field that changed.</summary>
    [Parameter]
    public EventCallback<string> Changed { get; set; }

    private bool IsPrivate => Request.NetworkMode == NetworkMode.Private;

    private IReadOnlyList<string> Choices => (IsPrivate && Request.NetworkLink == NetworkLink.Bridge ? Report?.Bridges : Report?.Devices) ?? [];

    private string SharedStack => Report?.Capabilities.Any(c => c is { Key: "bpf-network", State: CapabilityState.Available }) == true
        ? "Full speed, tied to its addresses. Right for nearly everything."
        : "Full speed. This host does not tie it to its addresses: a program in it can use the host's others, too. The page Host says why.";

    private string BridgeHint => Report is { Bridges.Count: 0 }
        ? "This host has none yet: 'vserver-setup --bridge br0 --address 10.0.0.1/24' in a shell makes one."
        : "A port of one of the host's bridges. It reaches the host, and what the bridge leads to.";

    private string AddressHint => IsPrivate
        ? "One a line, IPv4 or IPv6, each with the size of its network: 10.0.0.2/24. None: by DHCP, or none at all."
        : $"One a line, IPv4 or IPv6, with /prefix if you like. Checked against all vservers{(Report is { Addresses.Count: > 0 } ? $" and the host's own ({string.Join(", ", Report.Addresses.Take(4))})" : "")}. None: not tied to an address.";

    /// <inheritdoc/>
    protected override void OnInitialized() =>
        (_addresses, _gateways, _nameServers) = (string.Join('\n', Request.Addresses), string.Join(' ', Request.Gateways), string.Join(' ', Request.NameServers));

    private static string Text(ChangeEventArgs change) => change.Value as string ?? "";

    private static string[] Split(string text) => text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private string? Wrong(string field) => (Shown is null || Shown.Contains(field)) && Faults.Any(f => f.Field == field) ? "true" : null;

    private void SetMode(NetworkMode mode)
    {
        Request.NetworkMode = mode;
        ChooseDevice();
    }

    private void SetLink(NetworkLink link)
    {
        Request.NetworkLink = link;
        ChooseDevice();
    }

    // what was chosen may be no choice now
    private void ChooseDevice()
    {
        if (!Choices.Contains(Request.Device, StringComparer.Ordinal))
        {
            Request.Device = Choices.Count > 0 ? Choices[0] : "";
        }
    }

    private Task SetAsync(string field, Action set)
    {
        set();
        return Changed.InvokeAsync(field);
    }
}
