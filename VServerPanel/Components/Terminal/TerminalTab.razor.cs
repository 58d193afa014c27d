using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Terminal;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Terminal;

/// <summary>A user's terminal in a vserver. The session is the panel's: this shows it, and finds it again.</summary>
public sealed partial class TerminalTab : IAsyncDisposable
{
    private static readonly (string Key, string Title)[] s_keys = [("escape", "Esc"), ("tab", "Tab"), ("interrupt", "Ctrl C"), ("end", "Ctrl D"), ("up", "↑"), ("down", "↓")];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _leaving = new();
    private TerminalSession? _session;
    private Exception? _problem;
    private ElementReference _host;
    private IJSObjectReference? _screen;
    private DotNetObjectReference<TerminalTab>? _self;
    private bool _isShown;
    private bool _isOpening;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    [Parameter, EditorRequired]
    public VServerState State { get; set; }

    [Inject]
    private TerminalSessions Sessions { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    private string StateText => _session?.State switch
    {
        TerminalState.Ended => "ended",
        TerminalState.Open => "",
        _ => "opening …",
    };

    /// <summary>Called by the page's script: keys.</summary>
    [JSInvokable]
    public Task TypeAsync(byte[] keys) => _session is { State: not TerminalState.Ended } session ? session.TypeAsync(keys, _leaving.Token) : Task.CompletedTask;

    /// <summary>Called by the page's script: the size of the window.</summary>
    [JSInvokable]
    public Task ResizeAsync(int columns, int rows) =>
        _session is { State: not TerminalState.Ended } session ? session.ResizeAsync(new TerminalSize(columns, rows), _leaving.Token) : Task.CompletedTask;

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        try
        {
            if (firstRender)
            {
                // one that goes on, or has ended a moment ago, is shown again
                var (caller, _) = await Gate.DemandWithStampAsync(Policies.Terminal);
                _isShown = Sessions.Find(caller.UserId, Name) is not null;
                if (_isShown)
                {
                    StateHasChanged();
                }
            }
            else if (_isShown && _screen is null && !_isOpening)
            {
                // other renderings come by meanwhile, and are none of those that may end this
                _isOpening = true;
                try
                {
                    await ShowAsync();
                }
                finally
                {
                    _isOpening = false;
                }
            }
        }
        catch (Exception e) when (e is NotAllowedException or HostProblemException)
        {
            (_problem, _isShown) = (e, false);
            StateHasChanged();
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException)
        {
            // the page is gone
        }
    }

    /// <summary>Puts a screen on the page, and the user's session onto it.</summary>
    private async Task ShowAsync()
    {
        var (caller, stamp) = await Gate.DemandWithStampAsync(Policies.Terminal);
        _self ??= DotNetObjectReference.Create(this);
        var module = await Script.InvokeAsync<IJSObjectReference>("import", _leaving.Token, "./js/terminal.js");
        _screen = await module.InvokeAsync<IJSObjectReference>("open", _leaving.Token, _host, _self);
        Join(Sessions.Find(caller.UserId, Name) ?? await NewAsync(caller, stamp));
    }

    private async Task OpenAsync()
    {
        _problem = null;
        if (_screen is null)
        {
            _isShown = true;
            return;
        }

        try
        {
            var (caller, stamp) = await Gate.DemandWithStampAsync(Policies.Terminal);
            await _screen.InvokeVoidAsync("begin", _leaving.Token);
            Join(await NewAsync(caller, stamp));
        }
        catch (Exception e) when (e is NotAllowedException or HostProblemException)
        {
            _problem = e;
        }
    }

    private async Task<TerminalSession> NewAsync(Core.Caller caller, string stamp)
    {
        var size = await _screen!.InvokeAsync<int[]>("size", _leaving.Token);
        return Sessions.Open(Name, new TerminalSize(Math.Clamp(size[0], 1, TerminalSize.Most), Math.Clamp(size[1], 1, TerminalSize.Most)), caller, stamp);
    }

    private void Join(TerminalSession session)
    {
        _session?.Changed -= OnChanged;
        _session = session;
        session.Changed += OnChanged;
        StateHasChanged();
        _ = FollowAsync(session);
    }

    private async Task FollowAsync(TerminalSession session)
    {
        try
        {
            // a running program learns the size of this window; one that ended does not mind
            await _screen!.InvokeVoidAsync("told", _leaving.Token);
            await _screen!.InvokeVoidAsync("focus", _leaving.Token);
            while (!await WriteAllAsync(session))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _leaving.Token);
            }

            await _screen!.InvokeVoidAsync("end", _leaving.Token);
            await InvokeAsync(StateHasChanged);
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException or ObjectDisposedException)
        {
            // the page is gone; the session goes on
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }

    /// <summary>Writes until the end of the session; false where the browser did not answer for a while: then from the beginning again.</summary>
    private async Task<bool> WriteAllAsync(TerminalSession session)
    {
        using var view = session.Attach();
        try
        {
            while (_session == session && await view.ReadAsync(_leaving.Token) is { } chunk)
            {
                await _screen!.InvokeVoidAsync("write", s_patience, chunk.Data, chunk.IsReset, chunk.IsReplay);
            }

            return true;
        }
        catch (Exception e) when (e is JSException or InvalidOperationException || (e is OperationCanceledException && !_leaving.IsCancellationRequested))
        {
            // what was on its way when a connection broke never arrives, also where the page finds back to its circuit
            return false;
        }
    }

    private async Task EndAsync()
    {
        try
        {
            var caller = await Gate.DemandAsync(Policies.Terminal);
            _session?.HangUp($"Ended by {caller.UserName}.");
        }
        catch (NotAllowedException e)
        {
            _problem = e;
        }
    }

    private void OnChanged(object? sender, EventArgs e) => _ = InvokeAsync(StateHasChanged);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _session?.Changed -= OnChanged;
        await _leaving.CancelAsync();
        _leaving.Dispose();
        try
        {
            if (_screen is not null)
            {
                await _screen.InvokeVoidAsync("dispose");
                await _screen.DisposeAsync();
            }
        }
        catch (Exception e) when (e is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // the page is gone
        }

        _self?.Dispose();
    }
}
