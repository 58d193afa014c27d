using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using VServerPanel.Core.Hosts;

namespace VServerPanel.Components.Layout;

/// <summary>What is around every page of staff: navigation at the side, the page, and a notice where the host does not answer.</summary>
public sealed partial class MainLayout
{
    private ErrorBoundary? _boundary;

    [Inject]
    private CurrentHost Current { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnParametersSet() => _boundary?.Recover();
}
