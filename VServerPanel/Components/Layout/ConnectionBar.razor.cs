using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;

namespace VServerPanel.Components.Layout;

/// <summary>Says so on every page when figures are old because the host does not answer.</summary>
public sealed partial class ConnectionBar : LiveComponent
{
    private ConnectionStatus? _connection;

    [Inject]
    private CurrentHost Host { get; set; } = null!;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized() => _connection = Directory.Snapshot.Connection;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var change in Directory.WatchAsync(stopping))
        {
            if (change.Connection != _connection)
            {
                _connection = change.Connection;
                await InvokeAsync(StateHasChanged);
            }
        }
    }
}
