using Microsoft.Extensions.Options;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Runs the <c>vserver</c> command of this machine as root, through sudo.</summary>
internal sealed class SudoHostCommand(IOptions<HostOptions> options) : IHostCommand
{
    private readonly IReadOnlyList<string> _command = options.Value.Command.Count > 0 ? [.. options.Value.Command] : HostOptions.DefaultCommand;

    public string HostName { get; } = options.Value.Name;

    public IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, CancellationToken cancellationToken = default) => HostProcess.RunAsync(
        [.. _command, .. request.CommandLine()],
        request,
        why => TransportProblem.NotStarted(_command, why),
        (exitCode, errors) => TransportProblem.EndedWithoutAnswer(_command, exitCode, errors),
        cancellationToken);
}
