using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Guests;

/// <summary>Takes out of a tree what a <see cref="GuestSession"/> has put there.</summary>
internal sealed record ClearGuest(VServerName Name, string Folder) : UndoAction
{
    /// <summary>Who forbids services to start, in Debian.</summary>
    public const string Policy = "usr/sbin/policy-rc.d";

    /// <summary>README.policy-rc.d: 101 is "action not allowed".</summary>
    public const string PolicyText = "#!/bin/sh\n# Put here by the host while packages of this stopped vserver are changed, and removed after it.\nexit 101\n";

    /// <summary>Where files lie for an operation: in the root itself, where only the guest's root can make symlinks, and readable for apt's own user.</summary>
    public static string FolderOf(string operationId) => $".vserver-packages-{operationId}";

    public override void Run(HostPaths paths)
    {
        if (!Directory.Exists(paths.TreeOf(Name)))
        {
            return;
        }

        using var root = StorageCheck.OpenRoot(paths.VServers, Name);
        TreeRemoval.RemoveAt(root, Folder);
        if (GuestRoot.Read(root, Policy) == PolicyText)
        {
            GuestRoot.Remove(root, Policy);
        }
    }
}
