using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>Keeps copies of vservers on other hosts, and makes a copy the real one when the host of the original is lost. Hosts know of the copies; nothing of it is kept here.</summary>
public sealed class StandbyService(IHostCommand host, OperationRunner operations, OriginalWatch originals)
{
    /// <summary>The copies that the host knows of: of its vservers elsewhere, and of others' here.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<StandbyInfo>> ListAsync(CancellationToken cancellationToken = default) =>
        host.ListAsync<StandbyInfo>(new HostRequest(["vserver-standby", "list"]), ItemKinds.Standby, cancellationToken);

    /// <summary>The hosts that may keep a copy.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<PeerInfo>> PeersAsync(CancellationToken cancellationToken = default) =>
        host.ListAsync<PeerInfo>(new HostRequest(["vserver-hosts", "list"]), ItemKinds.Peer, cancellationToken);

    /// <summary>Begins to keep a copy, or changes how often; the host itself copies when it is due.</summary>
    /// <exception cref="HostProblemException">The request has a fault, or the host refused.</exception>
    public Task KeepAsync(VServerName name, StandbyRequest request, Caller caller) =>
        operations.RunAsync(new Operation("standby-keep", name, StandbyCommand.KeepWords(name, request)), caller);

    /// <summary>Starts the job that copies it now.</summary>
    /// <exception cref="HostProblemException">It was refused: it is copied just now …</exception>
    public Task<JobHandle> CopyAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) =>
        operations.StartAsync(new Operation("standby-copy", name, StandbyCommand.CopyWords(name)), caller, cancellationToken);

    /// <summary>Copies it no more; the copy stays where it is.</summary>
    /// <exception cref="HostProblemException">The host refused.</exception>
    public Task StopAsync(VServerName name, Caller caller) =>
        operations.RunAsync(new Operation("standby-stop", name, StandbyCommand.StopWords(name)), caller);

    /// <summary>What promoting would do, how old the copy is, and which profiles it has.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<PromotePlan> PlanPromoteAsync(VServerName name, string? profile = null, CancellationToken cancellationToken = default) =>
        host.AskAsync<PromotePlan>(new HostRequest(StandbyCommand.PromoteWords(name, profile)) { Plan = true }, cancellationToken);

    /// <summary>Makes the copy the real one; it is not started by that.</summary>
    /// <param name="copy">The copy, as the directory has it.</param>
    /// <param name="confirmation">Its name, as the user typed it.</param>
    /// <param name="fenced">The name of the host that he says is off, as he typed it.</param>
    /// <param name="profile">The profile that it is started with from then on; null: the one it has.</param>
    /// <param name="caller">Who.</param>
    /// <exception cref="HostProblemException">What was typed is another name, the panel sees that the original runs, or the host refused: it is no copy …</exception>
    public async Task<PromoteOutcome> PromoteAsync(VServerStatus copy, string confirmation, string fenced, string? profile, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(caller);
        if (copy.StandbyOf is not { } source || confirmation != copy.Name.Value || fenced != source)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"Type the name of the vserver and that of the host which is off. Without both, {copy.Name} stays a copy.");
        }

        var seen = originals.Look(copy);
        if (seen.State is OriginalState.Running)
        {
            throw new HostProblemException(ProblemCode.Conflict, $"{seen.Name} runs on {seen.Host}: two of it would answer for the same addresses, and each would change on its own. Stop it there first.");
        }

        var detail = $"{caller.UserName} confirmed that {source} is off.{Told(seen)}";
        var operation = new Operation("promote", copy.Name, StandbyCommand.PromoteWords(copy.Name, profile)) { Detail = detail };
        var result = await operations.RunAsync(operation, caller);
        return HostCommandExtensions.Read<PromoteOutcome>(result.Data ?? throw new HostProblemException(ProblemCode.Internal, "The host gave no result."));
    }
    private static string Told(OriginalSight seen) => seen.State switch
    {
        OriginalState.Away => $" {seen.Host} did not answer the panel.",
        OriginalState.Off => $" The panel saw {seen.Name} stopped on {seen.Host}.",
        OriginalState.Copy => $" The panel saw that {seen.Name} is a copy on {seen.Host}, too.",
        OriginalState.Gone => $" {seen.Host} answered the panel, and has no such vserver.",
        _ => "",
    };
}
