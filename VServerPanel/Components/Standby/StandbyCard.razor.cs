using System.Globalization;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Standby;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Standby;

/// <summary>The copy of a vserver that is kept on another host: how old it is, how often it is copied, and the begin and end of it.</summary>
public sealed partial class StandbyCard
{
    private const int Hour = 60;
    private const int Day = 24 * Hour;
    private const double Mebibyte = 1 << 20;
    private static readonly int[] s_intervals = [5, 15, Hour, 6 * Hour, Day, 0];
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(15);

    private StandbyInfo? _kept;
    private IReadOnlyList<PeerInfo>? _peers;
    private string _peer = "";
    private int _minutes = Hour;
    private string _limit = "";
    private bool _isRead;
    private bool _isSteppingDown;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    [Parameter, EditorRequired]
    public Guid Id { get; set; }

    [Inject]
    private StandbyService Standby { get; set; } = null!;

    [Inject]
    private StepDownService StepDown { get; set; } = null!;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private bool IsUp => StepDownService.IsUp(Directory.Find(Name)?.Status.State);

    private string Tag => _kept switch
    {
        null => "none",
        { PromotedAt: not null } => "promoted",
        { IsAtWork: true } => "copying",
        { Problem: not null } => "failed",
        { CompleteAsOf: null } => "not whole yet",
        _ => "kept",
    };

    private string TagClass => _kept switch
    {
        { PromotedAt: not null } or { Problem: not null } => "vp-warn",
        { CompleteAsOf: not null } => "vp-good",
        _ => "",
    };

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await TryAsync(async () =>
        {
            await Gate.DemandAsync(Policies.Read);
            _peers = await Standby.PeersAsync(stopping);
            await ReadAsync(stopping);
            Fill();
        });
        await InvokeAsync(StateHasChanged);
        while (true)
        {
            await Task.Delay(s_pause, Clock, stopping);
            try
            {
                await ReadAsync(stopping);
            }
            catch (HostProblemException)
            {
                // the page says that the host does not answer; the next look may
            }

            await InvokeAsync(StateHasChanged);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        _kept = (await Standby.ListAsync(cancellationToken)).FirstOrDefault(s => s.Role == StandbyRole.Source && s.VServerId == Id);
        _isRead = true;
    }

    private void Fill()
    {
        if (_kept is { } kept)
        {
            (_peer, _minutes) = (kept.Peer, kept.IntervalMinutes ?? 0);
            _limit = kept.BytesPerSecond is { } rate ? Format.Number(rate / Mebibyte) : "";
        }
        else
        {
            _peer = _peers is [var only] ? only.Name : "";
        }
    }

    private Task KeepAsync() => TryAsync(async () =>
    {
        await Standby.KeepAsync(Name, new StandbyRequest(_peer, _minutes, Limit()), await Gate.DemandAsync(Policies.Operate));
        await ReadAsync(Stopping);
        Fill();
    });

    private Task CopyAsync() => TryAsync(async () =>
    {
        var job = await Standby.CopyAsync(Name, await Gate.DemandAsync(Policies.Operate));
        Navigation.NavigateTo($"jobs/{job.Id}");
    });

    private async Task StopAsync()
    {
        var what = _kept is { PromotedAt: not null } promoted
            ? $"This host forgets that its copy was promoted. Nothing tells it any more that {Name} must not run here while it runs on {promoted.Peer}."
            : $"It is copied to {_kept!.Peer} no more. The copy stays there, stopped, and takes its room: who does not need it deletes it on {_kept.Peer}.";
        if (await AskAsync($"Keep the copy of {Name} no more?", what, "Keep it no more"))
        {
            await TryAsync(async () =>
            {
                await Standby.StopAsync(Name, await Gate.DemandAsync(Policies.Operate));
                await ReadAsync(Stopping);
                Fill();
            });
        }
    }

    private async Task StepDownAsync()
    {
        var (peer, asOf) = (_kept!.Peer, _kept.CompleteAsOf);
        var lost = asOf is { } complete ? $"What was changed here since {Format.Time(complete)} is not on {peer}" : $"What is only here is not on {peer}";
        if (!await AskAsync($"Make this the copy of {Name}?", $"{(IsUp ? "It is stopped here first. " : "")}It is not started here any more, at boot neither, and the real one is that on {peer}. {lost}, and is overwritten when that one is copied back.", IsUp ? "Stop it and make it the copy" : "Make it the copy"))
        {
            return;
        }

        _isSteppingDown = true;
        await TryAsync(async () =>
        {
            await StepDown.RunAsync(Name, peer, await Gate.DemandAsync(Policies.Operate));
            await ReadAsync(Stopping);
            Fill();
        });
        _isSteppingDown = false;
    }

    private async Task<bool> AskAsync(string title, string what, string yes) => await Dialogs.ShowMessageBoxAsync(title, what, yesText: yes, cancelText: "Leave it") == true;

    private long? Limit() => _limit.Trim() is not { Length: > 0 } text ? null
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var mebibytes) && mebibytes is > 0 and < 1e6 ? (long)(mebibytes * Mebibyte)
        : throw new HostProblemException(ProblemCode.InvalidArgument, "The limit is a number, such as 2.5; nothing means none.");

    private static string Every(int minutes) => minutes switch
    {
        0 => "only by hand",
        Hour => "each hour",
        Day => "each day",
        _ when minutes % Hour == 0 => string.Create(CultureInfo.InvariantCulture, $"every {minutes / Hour} hours"),
        1 => "each minute",
        _ => string.Create(CultureInfo.InvariantCulture, $"every {minutes} minutes"),
    };
}
