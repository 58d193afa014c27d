using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Shares;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Shares;

/// <summary>The directories of the host that a vserver sees, and more or less of them.</summary>
public sealed partial class SharesCard
{
    private IReadOnlyList<SharedDirectory>? _shares;
    private string _source = "";
    private string _target = "";
    private bool _isReadOnly = true;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    [Inject]
    private ShareService Shares { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await TryAsync(async () =>
        {
            await Gate.DemandAsync(Policies.Read);
            _shares = await Shares.ListAsync(Name, stopping);
        });
        await InvokeAsync(StateHasChanged);
    }

    private Task AddAsync() => TryAsync(async () =>
    {
        await Shares.AddAsync(Name, _source.Trim(), _target.Trim(), _isReadOnly, await Gate.DemandAsync(Policies.Operate));
        (_source, _target) = ("", "");
        _shares = await Shares.ListAsync(Name);
    });

    private Task RemoveAsync(SharedDirectory share) => TryAsync(async () =>
    {
        await Shares.RemoveAsync(Name, share.Target, await Gate.DemandAsync(Policies.Operate));
        _shares = await Shares.ListAsync(Name);
    });
}
