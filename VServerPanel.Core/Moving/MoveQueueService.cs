using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>Moves several vservers of this host, a few at a time: to empty it, or because many were chosen. The queue outlives the panel.</summary>
public sealed class MoveQueueService
{
    /// <summary>More at once only make each of them slower.</summary>
    public const int MostAtOnce = 8;

    private readonly MoveQueueStore _store;
    private readonly VServerDirectory _directory;
    private readonly AuditService _audit;
    private readonly TimeProvider _time;
    private readonly string _host;

    internal MoveQueueService(MoveQueueStore store, VServerDirectory directory, AuditService audit, TimeProvider time, string host) =>
        (_store, _directory, _audit, _time, _host) = (store, directory, audit, time, host);

    /// <summary>Queues moves in this order; each becomes a job of its own, asked for by <paramref name="caller"/>.</summary>
    /// <param name="names">The vservers.</param>
    /// <param name="request">How they are moved.</param>
    /// <param name="atOnce">How many may be under way at the same time.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancellationToken">Until they are queued.</param>
    /// <returns>The id of the batch.</returns>
    /// <exception cref="HostProblemException">The request has a fault, a vserver is not there, or waits already: none is queued then.</exception>
    public Task<string> AddAsync(IReadOnlyList<VServerName> names, MoveRequest request, int atOnce, Caller caller, CancellationToken cancellationToken = default) =>
        AddAsync([.. names.Select(n => new MoveOrder(n, request))], atOnce, caller, cancellationToken);

    /// <summary>The same, where each may go to a host of its own.</summary>
    public async Task<string> AddAsync(IReadOnlyList<MoveOrder> orders, int atOnce, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ArgumentNullException.ThrowIfNull(caller);
        if (orders.Count == 0 || orders.DistinctBy(o => o.VServer).Count() != orders.Count || atOnce is < 1 or > MostAtOnce)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"Choose the vservers to move, each once, and let 1 to {MostAtOnce} be moved at the same time.");
        }

        var moves = orders.Select(o => (Entry: Find(o.VServer), Request: o.Request.Checked())).ToList();
        cancellationToken.ThrowIfCancellationRequested();
        var (batch, position, now) = (JobId.New(), await _store.LastPositionAsync(), _time.GetUtcNow());

        // in the history first: what cannot be recorded is not done
        var words = orders.GroupBy(o => o.Request.To).Select(g => $"{string.Join(", ", g.Select(o => o.VServer))} to {g.Key}");
        await _audit.RecordEventAsync(caller, "move-queue", $"{string.Join("; ", words)}, {atOnce} at a time.", cancellationToken: CancellationToken.None);
        await _store.AddAsync([.. moves.Select(m => Record(m.Entry, m.Request, batch, ++position, atOnce, caller, now))]);
        return batch;
    }

    /// <summary>Queues one again that has failed or was taken out, as it was asked for then; it begins when those before it have.</summary>
    /// <exception cref="HostProblemException">It has not failed, its vserver is not here any more, or waits already.</exception>
    public async Task RetryAsync(string jobId, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (await _store.FindAsync(jobId) is not { State: QueuedMoveState.Failed or QueuedMoveState.Cancelled } ended)
        {
            throw new HostProblemException(ProblemCode.Conflict, "Only a move that has failed, or was taken out of the queue, can be tried again.");
        }

        // by its id: it may have another name by now
        var entry = _directory.Snapshot.Entries.FirstOrDefault(e => e.Id == ended.VServerId)
            ?? throw new HostProblemException(ProblemCode.NotFound, $"{ended.VServer} is not on this host any more.");
        await _audit.RecordEventAsync(caller, "move-queue", $"{entry.Name} to {ended.Target}: tried again.", cancellationToken: CancellationToken.None);
        await _store.AddAsync([Record(entry, ended.Request, ended.BatchId, await _store.LastPositionAsync() + 1, ended.AtOnce, caller, _time.GetUtcNow())]);
    }

    /// <summary>What waits or is under way in the order of the queue, then what has ended, newest first.</summary>
    public async Task<IReadOnlyList<QueuedMove>> ListAsync(int ended = 50, CancellationToken cancellationToken = default) =>
        [.. (await _store.ListAsync(ended, cancellationToken)).Select(r => r.Read())];

    /// <summary>Takes one out that has not begun.</summary>
    /// <exception cref="HostProblemException">It has begun, or is not in the queue; one that has begun is cancelled as any job.</exception>
    public async Task CancelAsync(string jobId, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var move = (await _store.OpenAsync(cancellationToken)).FirstOrDefault(m => m.JobId == jobId && m.State is (QueuedMoveState.Waiting or QueuedMoveState.Held));
        if (move is null)
        {
            throw NotWaiting();
        }

        await _audit.RecordEventAsync(caller, "move-queue", $"{move.VServer} to {move.Target}: taken out of the queue.", cancellationToken: CancellationToken.None);
        if (!await _store.TurnAsync(jobId, QueuedMoveState.Waiting, QueuedMoveState.Cancelled) && !await _store.TurnAsync(jobId, QueuedMoveState.Held, QueuedMoveState.Cancelled))
        {
            throw NotWaiting();
        }
    }

    /// <summary>Lets those of a batch begin that were held when another one did not succeed.</summary>
    /// <exception cref="HostProblemException">None is held.</exception>
    public async Task GoOnAsync(string batchId, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var held = (await _store.OpenAsync(CancellationToken.None)).Where(m => m.BatchId == batchId && m.State is QueuedMoveState.Held).Select(m => m.VServer).ToList();
        if (held.Count == 0)
        {
            throw new HostProblemException(ProblemCode.NotFound, "None of these moves is held.");
        }

        await _audit.RecordEventAsync(caller, "move-queue", $"{string.Join(", ", held)}: no longer held.", cancellationToken: CancellationToken.None);
        await _store.TurnBatchAsync(batchId, QueuedMoveState.Held, QueuedMoveState.Waiting);
    }

    private static HostProblemException NotWaiting() => new(ProblemCode.Conflict, "It has begun, or is not in the queue any more. One that has begun is cancelled on the page of its job.");

    private DirectoryEntry Find(VServerName name) => _directory.Snapshot.Entries.FirstOrDefault(e => e.Name == name)
        ?? throw new HostProblemException(ProblemCode.NotFound, $"There is no vserver {name} on {_host}.");

    private QueuedMoveRecord Record(DirectoryEntry entry, MoveRequest request, string batch, int position, int atOnce, Caller caller, DateTimeOffset now) => new()
    {
        JobId = JobId.New(),
        BatchId = batch,
        Position = position,
        Host = _host,
        VServerId = entry.Id,
        VServer = entry.Name.Value,
        AtOnce = atOnce,
        Target = request.To,
        Bandwidth = request.Bandwidth,
        Checksums = request.Checksums,
        KeepDays = request.KeepDays,
        Start = request.Start,
        Unify = request.Unify,
        UserId = caller.UserId,
        UserName = caller.UserName,
        RemoteAddress = caller.RemoteAddress,
        QueuedAt = now,
    };
}
