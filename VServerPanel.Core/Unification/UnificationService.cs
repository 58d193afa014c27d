using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>Makes vservers share equal files on disk, and takes it back. Each runs as a job on the host and is recorded before it begins.</summary>
public sealed class UnificationService(IHostCommand host, OperationRunner operations)
{
    /// <summary>What would be shared, what would be saved, and what is passed over and why; what would be refused is among its problems.</summary>
    /// <exception cref="HostProblemException">The request has a fault, or the host does not answer.</exception>
    public Task<UnificationPlan> PlanAsync(UnificationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return host.AskAsync<UnificationPlan>(new HostRequest(UnifyCommand.Words(request.Checked())) { Plan = true }, cancellationToken);
    }

    /// <summary>Starts the job.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> StartAsync(UnificationRequest request, Caller caller, CancellationToken cancellationToken = default) =>
        StartAsync(request, caller, JobId.New(), detail: null, cancellationToken);

    internal Task<JobHandle> StartAsync(UnificationRequest request, Caller caller, string jobId, string? detail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var operation = new Operation("unify", null, UnifyCommand.Words(request.Checked())) { Id = jobId, Detail = detail };
        return operations.StartAsync(operation, caller, cancellationToken);
    }

    /// <summary>What is shared, and would not be any more if these vservers had files of their own again.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<UnificationPlan> PlanUndoAsync(IReadOnlyList<VServerName> names, CancellationToken cancellationToken = default) =>
        host.AskAsync<UnificationPlan>(new HostRequest(UnifyCommand.UndoWords(names)) { Plan = true }, cancellationToken);

    /// <summary>Starts the job that gives a vserver files of its own again, or all of several but the first, which keeps what is there.</summary>
    /// <exception cref="HostProblemException">It was refused: there is not enough room …</exception>
    public Task<JobHandle> StartUndoAsync(IReadOnlyList<VServerName> names, Caller caller, CancellationToken cancellationToken = default) =>
        operations.StartAsync(new Operation("deunify", names is [var one] ? one : null, UnifyCommand.UndoWords(names)), caller, cancellationToken);

    /// <summary>What a unification or its undoing has done, from the last line of its job; null where that is of another job, or failed.</summary>
    public static UnificationOutcome? OutcomeOf(WireEvent last) =>
        last is ResultEvent { Data: { ValueKind: System.Text.Json.JsonValueKind.Object } data } && data.TryGetProperty("filesVerified", out _) ? HostCommandExtensions.Read<UnificationOutcome>(data) : null;
}
