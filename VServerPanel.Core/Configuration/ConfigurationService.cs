using VServerPanel.Protocol;

namespace VServerPanel.Core.Configuration;

/// <summary>Reads, checks and saves a vserver's conf file.</summary>
public sealed class ConfigurationService
{
    /// <summary>The conf file as it is.</summary>
    /// <exception cref="Hosts.HostProblemException">No such vserver, or the host does not answer.</exception>
    public Task<ConfDocument> GetAsync(VServerName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>What is wrong with a text that is not saved yet.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<ConfCheck> CheckAsync(VServerName name, string text, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Saves a text in place of the one that was opened.</summary>
    /// <param name="opened">What <see cref="GetAsync"/> gave: if the file has changed since, the problem is <see cref="ProblemCode.Conflict"/>.</param>
    /// <returns>The file as saved.</returns>
    /// <exception cref="Hosts.HostProblemException">It was refused: an error in the text, a conflict …</exception>
    public Task<ConfDocument> SaveAsync(VServerName name, ConfDocument opened, string text, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
