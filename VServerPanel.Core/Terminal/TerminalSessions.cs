using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Terminal;

/// <summary>The terminals of a host: one a user and vserver. Each is a recorded operation from its first to its last moment; what is typed is not recorded.</summary>
public sealed partial class TerminalSessions(IHostCommand host, OperationRunner operations, OpenTerminals all, IEnumerable<ITerminalGuard> guards, IOptions<TerminalOptions> options, TimeProvider time, ILogger<TerminalSessions> logger) : IBackgroundWork
{
    /// <summary>How often it is looked who is idle and who may no longer.</summary>
    internal static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    // an ended one can still be looked at for so long
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(30);

    // for the host: hang up, and kill who does not listen
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string UserId, VServerName VServer), TerminalSession> _sessions = [];
    private readonly Dictionary<TerminalSession, Task> _running = [];
    private bool _isStopping;

    /// <summary>How long a terminal may be idle.</summary>
    public TimeSpan IdleLimit { get; } = TimeSpan.FromMinutes(options.Value.IdleMinutes);

    /// <summary>From when on the user is warned.</summary>
    public TimeSpan WarnAfter => IdleLimit - (IdleLimit > TimeSpan.FromMinutes(4) ? TimeSpan.FromMinutes(2) : IdleLimit / 2);

    /// <summary>A user's terminal in a vserver, open or ended lately; null where there is none.</summary>
    public TerminalSession? Find(string userId, VServerName vserver)
    {
        lock (_gate)
        {
            return _sessions.GetValueOrDefault((userId, vserver));
        }
    }

    /// <summary>Opens one, or gives the one that the user has open there already.</summary>
    /// <param name="vserver">Where.</param>
    /// <param name="size">Of the window.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="credential">See <see cref="TerminalSession.Credential"/>.</param>
    /// <exception cref="HostProblemException">There are too many.</exception>
    public TerminalSession Open(VServerName vserver, TerminalSize size, Caller caller, string credential)
    {
        ArgumentNullException.ThrowIfNull(caller);
        lock (_gate)
        {
            if (_sessions.GetValueOrDefault((caller.UserId, vserver)) is { State: not TerminalState.Ended, Reason: null } open)
            {
                return open;
            }

            if (_isStopping)
            {
                throw new HostProblemException(ProblemCode.Cancelled, "The panel is being stopped.");
            }

            var session = new TerminalSession(caller, vserver, size, credential, time);
            all.Add(session, host.HostName);
            _sessions[(caller.UserId, vserver)] = session;
            _running[session] = Task.Run(() => RunAsync(session));
            return session;
        }
    }

    /// <summary>Ends all that a user has open.</summary>
    public void EndAllOf(string userId, string reason)
    {
        foreach (var session in Running().Where(s => s.Caller.UserId == userId))
        {
            session.HangUp(reason);
        }
    }

    async Task IBackgroundWork.StopAsync(CancellationToken patience)
    {
        List<Task> running;
        lock (_gate)
        {
            _isStopping = true;
            running = [.. _running.Values];
        }

        foreach (var session in Running())
        {
            session.HangUp("The panel was stopped.");
        }

        await Task.WhenAny(Task.WhenAll(running), Task.Delay(Timeout.InfiniteTimeSpan, patience));
    }

    async Task IBackgroundWork.RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            Forget();
            foreach (var session in Running())
            {
                await LookAfterAsync(session, stopping);
            }
        }
    }

    private async Task LookAfterAsync(TerminalSession session, CancellationToken stopping)
    {
        if (session.Idle >= IdleLimit)
        {
            session.HangUp($"Nothing was typed for {options.Value.IdleMinutes} {(options.Value.IdleMinutes == 1 ? "minute" : "minutes")}.");
            return;
        }

        var left = session.Idle >= WarnAfter ? IdleLimit - session.Idle : (TimeSpan?)null;
        if (left is not null || session.IdleSoon is not null)
        {
            session.Warn(left);
        }

        foreach (var guard in guards)
        {
            try
            {
                if (await guard.FindReasonToEndAsync(session, stopping) is { } reason)
                {
                    session.HangUp(reason);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // who cannot be asked about cannot be let in either
                LogNotChecked(logger, e, session.Caller.UserName);
                session.HangUp("It could not be checked whether you may still have it.");
            }
        }
    }

    private async Task RunAsync(TerminalSession session)
    {
        string[] words = ["vserver", session.VServer.Value, "terminal", "--columns", $"{session.Size.Columns}", "--rows", $"{session.Size.Rows}"];
        await using var hungUp = session.Commands.Completion.IsCompleted ? null : time.CreateTimer(_ => session.Abandon(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = session.Commands.Completion.ContinueWith(_ => hungUp?.Change(s_patience, Timeout.InfiniteTimeSpan), TaskScheduler.Default);
        try
        {
            var result = await operations.RunStreamAsync(new Operation("terminal", session.VServer, words), session.Commands, session.Caller, TakeAsync, () => session.Reason, session.Abandoned);
            var code = result.Data is { } data ? HostCommandExtensions.Read<CommandOutcome>(data).ExitCode : 0;
            session.Ended(session.Reason ?? $"The shell ended with code {code}.", null);
        }
        catch (HostProblemException e)
        {
            session.Ended(session.Reason ?? e.Message, session.Reason is null ? e : null);
        }
        catch (Exception e)
        {
            LogFailed(logger, e, session.VServer.Value);
            session.Ended($"It broke: {e.Message}", new HostProblemException(ProblemCode.Internal, e.Message, e));
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(session);
            }

            all.Remove(session);
        }

        async ValueTask TakeAsync(WireEvent wireEvent)
        {
            if (wireEvent is ItemEvent { Kind: ItemKinds.TerminalOutput } item)
            {
                await session.ShowAsync(HostCommandExtensions.Read<TerminalOutput>(item.Data).Data);
            }
            else if (wireEvent is ItemEvent { Kind: ItemKinds.TerminalOpened })
            {
                session.Opened();
            }
        }
    }

    private List<TerminalSession> Running()
    {
        lock (_gate)
        {
            return [.. _running.Keys];
        }
    }

    private void Forget()
    {
        lock (_gate)
        {
            foreach (var (key, session) in _sessions.Where(s => s.Value.EndedAt is { } ended && time.GetUtcNow() - ended > s_kept).ToList())
            {
                _sessions.Remove(key);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "It could not be checked whether {User} may still have a terminal")]
    private static partial void LogNotChecked(ILogger logger, Exception exception, string user);

    [LoggerMessage(LogLevel.Error, "A terminal in {VServer} broke")]
    private static partial void LogFailed(ILogger logger, Exception exception, string vserver);
}
