using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/vservers/NAME: one vserver, live.</summary>
public sealed partial class VServerPage
{
    private static readonly (string Tab, string Title)[] s_tabs = [("", "Overview"), ("configuration", "Configuration"), ("processes", "Processes"), ("packages", "Packages"), ("log", "Console"), ("history", "History")];

    private const string Terminal = "terminal";

    private DirectoryEntry? _entry;
    private ConnectionStatus _connection = null!;
    private string? _gone;
    private VServerName? _renamed;

    [Parameter]
    public string Name { get; set; } = "";

    [SupplyParameterFromQuery(Name = "tab")]
    private string? TabText { get; set; }

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private LifecycleActions Actions { get; set; } = null!;

    private string Tab => TabText is "configuration" or "processes" or Terminal or "packages" or "log" or "history" ? TabText : "";

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _connection = Directory.Snapshot.Connection;
        if (_entry?.Name.Value != Name)
        {
            (_gone, _renamed) = (null, null);
            _entry = VServerName.TryParse(Name, out var name) ? Directory.Find(name) : null;
        }
    }

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var change in Directory.WatchAsync(stopping))
        {
            _connection = change.Connection;
            var found = change.Changed.FirstOrDefault(e => e.Name.Value == Name);
            if (found is not null)
            {
                (_entry, _gone, _renamed) = (found, null, null);
            }
            else if (_entry is not null && (change.IsReset || change.Gone.Any(g => g.Id == _entry.Id)))
            {
                _renamed = Directory.Find(_entry.Id)?.Name;
                _gone = _renamed is null ? $"{Name} was deleted or moved away while you looked." : $"{Name} has another name now.";
                _entry = null;
            }

            await InvokeAsync(StateHasChanged);
        }
    }

    private string AddressOf(string tab) => $"vservers/{Name}{(tab.Length > 0 ? "?tab=" + tab : "")}";

    private RenderFragment Button(LifecycleAction action, string icon, Variant variant, Color color) => builder =>
    {
        builder.OpenComponent<MudButton>(0);
        builder.AddComponentParameter(1, nameof(MudButton.Variant), variant);
        builder.AddComponentParameter(2, nameof(MudButton.Color), color);
        builder.AddComponentParameter(3, nameof(MudButton.StartIcon), icon);
        builder.AddComponentParameter(4, nameof(MudButton.Disabled), !Actions.Allows(action, _entry!.Status));
        builder.AddComponentParameter(5, nameof(MudButton.OnClick), EventCallback.Factory.Create<MouseEventArgs>(this, () => RunAsync(action)));
        builder.AddComponentParameter(6, nameof(MudButton.ChildContent), (RenderFragment)(text => text.AddContent(0, action.ToString())));
        builder.CloseComponent();
    };

    private async Task RunAsync(LifecycleAction action)
    {
        if (_entry is { Name: var name } && await Actions.ConfirmAsync(action, [name]))
        {
            await Actions.RunAsync(action, name);
        }
    }
}
