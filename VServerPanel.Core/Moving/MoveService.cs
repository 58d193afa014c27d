using System.Text.Json;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>Moves vservers of this host to others. What is moved, kept or stuck is known to the hosts; nothing of it is kept here.</summary>
public sealed class MoveService(IHostCommand host, OperationRunner operations)
{
    /// <summary>What a move would do, and why it would be refused; nothing is changed.</summary>
    /// <exception cref="HostProblemException">The request has a fault, or the host does not answer.</exception>
    public Task<MovePlan> PlanAsync(VServerName name, MoveRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return host.AskAsync<MovePlan>(new HostRequest(MoveCommand.Words(name, request.Checked())) { Plan = true }, cancellationToken);
    }

    /// <summary>Starts the job.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> StartAsync(VServerName name, MoveRequest request, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync(name, request, caller, JobId.New(), detail: null, cancellationToken);

    internal Task<JobHandle> StartAsync(VServerName name, MoveRequest request, Caller caller, string jobId, string? detail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return operations.StartAsync(new Operation("move", name, MoveCommand.Words(name, request.Checked())) { Id = jobId, Detail = detail }, caller, cancellationToken);
    }

    /// <summary>The moves this host knows of, newest first: under way, stuck, kept.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<IReadOnlyList<MoveInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var moves = await host.ListAsync<MoveInfo>(new HostRequest(["vserver-moves", "list"]), ItemKinds.Move, cancellationToken);
        return [.. moves.OrderByDescending(m => m.StartedAt)];
    }

    /// <summary>The last move of a vserver to another host that is under way, was cut off, or left a copy here; null where there is none.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<MoveInfo?> FindAsync(VServerName name, CancellationToken cancellationToken = default) =>
        (await ListAsync(cancellationToken)).FirstOrDefault(m => m.VServer == name && m is { Direction: MoveDirection.Outgoing, State: MoveState.Running or MoveState.Unresolved or MoveState.Kept });

    /// <summary>Starts the job that goes on with a move that was cut off.</summary>
    /// <exception cref="HostProblemException">It was refused: there is no such move …</exception>
    public Task<JobHandle> ResumeAsync(MoveInfo move, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync("move-resume", move, MoveCommand.ResumeWords, caller, cancellationToken);

    /// <summary>Starts the job that makes the copy which is kept here the real one again.</summary>
    /// <exception cref="HostProblemException">It was refused: the target cannot be asked …</exception>
    public Task<JobHandle> TakeBackAsync(MoveInfo move, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync("move-take-back", move, MoveCommand.TakeBackWords, caller, cancellationToken);

    /// <summary>Starts the job that removes the copy which is kept here.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> PurgeAsync(MoveInfo move, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync("move-purge", move, MoveCommand.PurgeWords, caller, cancellationToken);

    /// <summary>What a move has done, from the last line of its job; null where that is of another job, or failed.</summary>
    public static MoveOutcome? OutcomeOf(WireEvent last) =>
        last is ResultEvent { Data: { ValueKind: JsonValueKind.Object } data } && data.TryGetProperty("moveId", out _) ? HostCommandExtensions.Read<MoveOutcome>(data) : null;

    /// <summary>How far a move is, from a line of its job; null where the line is about something else.</summary>
    public static MoveProgress? ProgressOf(WireEvent line) => line is ItemEvent { Kind: ItemKinds.MoveProgress } item ? HostCommandExtensions.Read<MoveProgress>(item.Data) : null;

    private Task<JobHandle> StartAsync(string operation, MoveInfo move, Func<string, IReadOnlyList<string>> words, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        return operations.StartAsync(new Operation(operation, move.VServer, words(move.Id)) { VServerId = move.VServerId }, caller, cancellationToken);
    }
}
