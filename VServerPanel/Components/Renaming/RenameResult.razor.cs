using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Renaming;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Renaming;

/// <summary>Where to go once a vserver is renamed, and the way back.</summary>
public sealed partial class RenameResult
{
    private Exception? _problem;
    private bool _asked;

    [Parameter, EditorRequired]
    public VServerName From { get; set; }

    [Parameter, EditorRequired]
    public VServerName To { get; set; }

    [Inject]
    private RenamingService Renaming { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private async Task UndoAsync()
    {
        _asked = true;
        try
        {
            var job = await Renaming.RenameAsync(To, From, await Gate.DemandAsync(Policies.Operate));
            Navigation.NavigateTo($"jobs/{job.Id}");
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
        finally
        {
            _asked = false;
        }
    }
}
