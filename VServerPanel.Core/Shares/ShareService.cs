using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Shares;

/// <summary>Directories of the host that vservers see. They are in the conf file: each change is recorded as one of the configuration. A vserver that runs follows at once where it can; <see cref="SharedDirectory.IsMounted"/> tells.</summary>
public sealed class ShareService(IHostCommand host, OperationRunner operations)
{
    /// <summary>Those of a vserver, each with what keeps it from being shown.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<SharedDirectory>> ListAsync(VServerName name, CancellationToken cancellationToken = default) =>
        host.ListAsync<SharedDirectory>(new HostRequest(["vserver", name.Value, "share", "list"]), ItemKinds.SharedDirectory, cancellationToken);

    /// <summary>One more.</summary>
    /// <param name="name">Which vserver.</param>
    /// <param name="source">A directory of the host that its root has allowed.</param>
    /// <param name="target">Where the vserver has it.</param>
    /// <param name="isReadOnly">Whether it may only read it.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Given up only before it begins.</param>
    /// <exception cref="HostProblemException">NotPermitted: root has not allowed it; AlreadyExists; InvalidArgument …</exception>
    public Task AddAsync(VServerName name, string source, string target, bool isReadOnly, Caller caller, CancellationToken cancellationToken = default) =>
        operations.RunAsync(new Operation("configure", name, ["vserver", name.Value, "share", "add", source, target, .. isReadOnly ? (string[])["--ro"] : []]), caller, cancellationToken);

    /// <summary>One less.</summary>
    /// <exception cref="HostProblemException">NotFound: there is none at that place.</exception>
    public Task RemoveAsync(VServerName name, string target, Caller caller, CancellationToken cancellationToken = default) =>
        operations.RunAsync(new Operation("configure", name, ["vserver", name.Value, "share", "remove", target]), caller, cancellationToken);
}
