using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Trash;

/// <summary>Vservers that were deleted: what there is, restoring, purging. Each change runs as a job on the host and is recorded before it begins.</summary>
public sealed class TrashService(IHostCommand host, OperationRunner operations)
{
    /// <summary>All of them, the latest first.</summary>
    /// <param name="measures">Whether the host measures now what purging each of them frees; that walks through their trees.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<TrashItem>> ListAsync(bool measures = false, CancellationToken cancellationToken = default) =>
        host.ListAsync<TrashItem>(new HostRequest(["vserver-trash", "list", .. measures ? (string[])["--measure"] : []]), ItemKinds.TrashItem, cancellationToken);

    /// <summary>What restoring it would do, and why not.</summary>
    /// <exception cref="HostProblemException">It is not there any more, or the host does not answer.</exception>
    public Task<OperationPlan> PlanRestoreAsync(string id, VServerName name, CancellationToken cancellationToken = default) =>
        host.AskAsync<OperationPlan>(new HostRequest(RestoreWords(id, name)) { Plan = true }, cancellationToken);

    /// <summary>Brings it back, stopped, under a name that may be another than it had.</summary>
    /// <exception cref="HostProblemException">It was refused: the name is taken …</exception>
    public Task<JobHandle> RestoreAsync(string id, VServerName name, Caller caller, CancellationToken cancellationToken = default) =>
        operations.StartAsync(new Operation("restore", name, RestoreWords(id, name)), caller, cancellationToken);

    /// <summary>Removes it for good.</summary>
    /// <exception cref="HostProblemException">It was refused: it is not there any more …</exception>
    public Task<JobHandle> PurgeAsync(TrashItem item, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);

        // where another has its name by now, the host's journal tells whose history it belongs to
        return operations.StartAsync(new Operation("purge", item.NameIsTaken ? null : item.Name, ["vserver-trash", "purge", item.Id]), caller, cancellationToken);
    }

    private static string[] RestoreWords(string id, VServerName name) => ["vserver-trash", "restore", id, "--name", name.Value];
}
