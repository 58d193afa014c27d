using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>The seam to a host: runs one of its tools. All that the panel knows or changes goes through here.</summary>
public interface IHostCommand
{
    /// <summary>The host's name in the directory, in jobs and in the audit history.</summary>
    string HostName { get; }

    /// <summary>Runs a tool and yields its lines as they come. The last one is always a <see cref="ResultEvent"/> or a
    /// <see cref="ProblemEvent"/>, also where the host or the tool did not answer.</summary>
    /// <remarks>Cancelling ends the command that was run, never a job that it follows.</remarks>
    IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, CancellationToken cancellationToken = default);
}
