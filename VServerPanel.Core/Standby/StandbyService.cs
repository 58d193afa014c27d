using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>Makes a standby copy the real one when the host of the original is lost.</summary>
public sealed class StandbyService(IHostCommand host, OperationRunner operations)
{
    /// <summary>What promoting would do, and what is lost by it.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<OperationPlan> PlanPromoteAsync(VServerName name, CancellationToken cancellationToken = default) =>
        host.AskAsync<OperationPlan>(new HostRequest(Words(name)) { Plan = true }, cancellationToken);

    /// <summary>Makes the copy the real one; it is not started by that.</summary>
    /// <param name="copy">The copy, as the directory has it.</param>
    /// <param name="confirmation">Its name, as the user typed it.</param>
    /// <param name="fenced">The name of the host that he says is off, as he typed it.</param>
    /// <param name="caller">Who.</param>
    /// <exception cref="HostProblemException">What was typed is another name, or the host refused: it is no copy …</exception>
    public async Task<PromoteOutcome> PromoteAsync(VServerStatus copy, string confirmation, string fenced, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(caller);
        if (copy.StandbyOf is not { } source || confirmation != copy.Name.Value || fenced != source)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"Type the name of the vserver and that of the host which is off. Without both, {copy.Name} stays a copy.");
        }

        var operation = new Operation("promote", copy.Name, Words(copy.Name)) { Detail = $"{caller.UserName} confirmed that {source} is off." };
        var result = await operations.RunAsync(operation, caller);
        return HostCommandExtensions.Read<PromoteOutcome>(result.Data ?? throw new HostProblemException(ProblemCode.Internal, "The host gave no result."));
    }

    private static string[] Words(VServerName name) => ["vserver", name.Value, "promote", "--confirm", name.Value, "--fenced"];
}
