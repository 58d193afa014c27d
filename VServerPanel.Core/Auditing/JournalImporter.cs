using System.Data.Common;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>Reads the host's journal into the audit history, so that what was done in a shell is there too.</summary>
public sealed partial class JournalImporter : BackgroundService
{
    private const int BatchSize = 500;

    // bytes of a batch, which is held in memory, and what is read at once: an endless journal must fill neither memory nor the history that all hosts share
    private const long BatchBytes = 8 << 20;
    private const long MostBytes = 32 << 20;
    private const int MostLines = 50_000;

    private readonly IHostCommand _host;
    private readonly IDbContextFactory<AuditDbContext> _databases;
    private readonly AuditLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<JournalImporter> _logger;
    private readonly TimeSpan _interval;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Channel<bool> _pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    internal JournalImporter(IHostCommand host, IDbContextFactory<AuditDbContext> databases, AuditLog log, IOptions<AuditOptions> options, TimeProvider time, ILogger<JournalImporter> logger)
    {
        (_host, _databases, _log, _time, _logger) = (host, databases, log, time, logger);
        _interval = TimeSpan.FromSeconds(options.Value.ImportSeconds);
    }

    /// <summary>Whether the last look left a part of the journal unread; the next one goes on there.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Has the journal read soon; returns at once.</summary>
    public void Poke() => _pokes.Writer.TryWrite(true);

    /// <summary>Reads what is new in the journal, up to a bound (<see cref="IsBehind"/>); returns how many entries were not known yet.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<int> ImportAsync(CancellationToken cancellationToken = default)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var from = await PositionAsync(cancellationToken);
            var (added, position) = (0, from);
            var (lines, bytes, batchFrom) = (0, 0L, 0L);
            var isBehind = false;
            var batch = new List<AuditDraft>();
            await foreach (var wireEvent in _host.RunAsync(new HostRequest(["vserver-jobs", "journal", "--from", $"{from}"]), cancellationToken))
            {
                lines++;
                if (wireEvent is ItemEvent { Kind: ItemKinds.Journal } item)
                {
                    bytes += JsonMarshal.GetRawUtf8Value(item.Data).Length;
                    var entry = HostCommandExtensions.Read<JournalEntry>(item.Data);
                    batch.Add(DraftOf(entry));
                    position = entry.Position ?? position;
                }
                else if (wireEvent is ResultEvent { Data: { } data })
                {
                    // positions count on over the journal's files; smaller than before only where it was begun anew
                    position = HostCommandExtensions.Read<JournalPosition>(data).Position;
                }
                else if (wireEvent is ProblemEvent problem)
                {
                    throw new HostProblemException(problem);
                }

                if (batch.Count >= BatchSize || bytes - batchFrom >= BatchBytes)
                {
                    added += await KeepAsync(batch, position, cancellationToken);
                    batchFrom = bytes;
                }

                if (wireEvent is not ResultEvent && (lines >= MostLines || bytes >= MostBytes))
                {
                    isBehind = true;
                    break;
                }
            }

            IsBehind = isBehind;
            return position == from && batch.Count == 0 ? added : added + await KeepAsync(batch, position, cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
    }

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // of a host that is away for a day, one line is enough
        string? told = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ImportAsync(stoppingToken);
                told = null;
                if (IsBehind)
                {
                    LogBehind(_logger, _host.HostName, MostBytes >> 20, MostLines);
                }
            }
            catch (HostProblemException e) when (e.Message == told)
            {
                LogStillNotRead(_logger, _host.HostName, e.Message);
            }
            catch (HostProblemException e)
            {
                told = e.Message;
                LogNotRead(_logger, _host.HostName, e.Message);
            }
            catch (Exception e) when (e is DbException or DbUpdateException)
            {
                LogNotKept(_logger, e, _host.HostName);
            }

            await UntilNextLookAsync(stoppingToken);
        }
    }

    // Several pokes in a row are one look. Waiting for one takes none: a wait that the interval ended must not swallow the next.
    private async Task UntilNextLookAsync(CancellationToken stoppingToken)
    {
        if (IsBehind)
        {
            // whoever writes as much is not read the more often for it
            await Task.Delay(_interval, _time, stoppingToken);
            return;
        }

        using var round = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(_pokes.Reader.WaitToReadAsync(round.Token).AsTask(), Task.Delay(_interval, _time, round.Token));
        await round.CancelAsync();
        _pokes.Reader.TryRead(out _);
    }

    private async Task<int> KeepAsync(List<AuditDraft> batch, long position, CancellationToken cancellationToken)
    {
        var added = await _log.AppendAsync(batch, new JournalReadPosition { Host = _host.HostName, Position = position }, cancellationToken);
        batch.Clear();
        return added;
    }

    private async Task<long> PositionAsync(CancellationToken cancellationToken)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return await database.JournalPositions.Where(p => p.Host == _host.HostName).Select(p => p.Position).FirstOrDefaultAsync(cancellationToken);
    }

    private AuditDraft DraftOf(JournalEntry entry) => new()
    {
        Host = _host.HostName,
        OperationId = entry.OperationId,
        Phase = entry.Phase is JournalPhase.Asked ? AuditPhase.Asked : AuditPhase.Ended,
        Origin = AuditOrigin.Host,
        Time = entry.Time,
        User = entry.Actor.PanelUser ?? entry.Actor.SudoUser ?? entry.Actor.Login,
        Login = entry.Actor.SudoUser is { } sudo && sudo != entry.Actor.Login ? $"{entry.Actor.Login} (sudo by {sudo})" : entry.Actor.Login,
        Address = entry.Actor.Address,
        VServer = entry.VServer?.Value,
        VServerId = entry.VServerId,
        Operation = entry.Operation,
        Command = ShellWords.Join(entry.Command),
        Before = entry.Before,
        After = entry.After,
        Outcome = entry.Outcome,
        ProblemCode = entry.Problem?.Code,
        ProblemMessage = entry.Problem?.Message,
        DurationMilliseconds = entry.DurationMilliseconds,
    };

    [LoggerMessage(LogLevel.Debug, "The journal of {Host} still cannot be read: {Problem}")]
    private static partial void LogStillNotRead(ILogger logger, string host, string problem);

    [LoggerMessage(LogLevel.Warning, "The journal of {Host} could not be read: {Problem}")]
    private static partial void LogNotRead(ILogger logger, string host, string problem);

    [LoggerMessage(LogLevel.Warning, "The journal of {Host} has more than is read at once ({MiB} MiB, {Lines} lines): the rest follows bit by bit. If that goes on, look what writes so much there")]
    private static partial void LogBehind(ILogger logger, string host, long mib, int lines);

    [LoggerMessage(LogLevel.Error, "The journal of {Host} could not be written into the audit history")]
    private static partial void LogNotKept(ILogger logger, Exception exception, string host);
}
