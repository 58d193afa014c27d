using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Components.Trash;
using VServerPanel.Core.Trash;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>What was deleted, with the ways back and out.</summary>
public sealed partial class TrashPage
{
    private IReadOnlyList<TrashItem>? _items;
    private Exception? _problem;

    [Inject]
    private TrashService Trash { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        // at once as last measured, then measured now: that is a walk through their trees
        foreach (var measures in (bool[])[false, true])
        {
            try
            {
                await Gate.DemandAsync(Policies.Read);
                _items = await Trash.ListAsync(measures, stopping);
                _problem = null;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _problem = e;
            }

            await InvokeAsync(StateHasChanged);
        }
    }

    private static IEnumerable<string> Words(TrashItem item)
    {
        if (item.NameIsTaken)
        {
            yield return $"There is another {item.Name} by now: restore it under another name.";
        }

        foreach (var clash in item.AddressClashes)
        {
            yield return clash;
        }

        if (item.OnBoot)
        {
            yield return "It would start when the host boots.";
        }
    }

    private Task RestoreAsync(TrashItem item) => AskAsync(item, purges: false, $"Restore {item.Name}?");

    private Task PurgeAsync(TrashItem item) => AskAsync(item, purges: true, $"Purge {item.Name}?");

    private async Task AskAsync(TrashItem item, bool purges, string title)
    {
        var dialog = await Dialogs.ShowAsync<TrashDialog>(title, new DialogParameters<TrashDialog> { { d => d.Item, item }, { d => d.Purges, purges } });
        if (await dialog.Result is { Canceled: false, Data: string jobId })
        {
            Navigation.NavigateTo($"jobs/{jobId}");
        }
    }
}
