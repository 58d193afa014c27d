using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Peers;

/// <summary>Which peers hold a connection to this host: a process there works on a move or a copy.</summary>
internal static class PeerPresence
{
    /// <summary>Until it is disposed of, or the process ends.</summary>
    public static SafeFileHandle Begin(HostPaths paths, string peer)
    {
        DurableFile.MakePrivateDirectory(FolderOf(paths));
        DurableFile.MakePrivateDirectory(PathOf(paths, peer));
        return TreeWriters.Join(PathOf(paths, peer));
    }

    public static bool IsHere(HostPaths paths, string peer) => TreeWriters.IsJoined(PathOf(paths, peer));

    private static string FolderOf(HostPaths paths) => paths.Run + "/.peers";

    private static string PathOf(HostPaths paths, string peer) => $"{FolderOf(paths)}/{Peer.CheckName(peer)}";
}
