using VServerPanel.Native.Hosts;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>Who may send vservers here: by a key of its own, until that is taken back. sshd looks at keys when a connection is made, and never again, so what is asked on one that stands is looked at here.</summary>
internal sealed class PeerPermission(HostPaths paths)
{
    private static readonly Lazy<string?> s_ownProcesses = new(() => new FileInfo("/proc/self/ns/pid").LinkTarget);
    private readonly AuthorizedKeys _keys = new(paths);

    private string Folder => paths.State + "/denied-hosts";

    /// <summary>Lets a peer in by this key.</summary>
    /// <exception cref="ProblemException">AlreadyExists, Unsupported: as <see cref="AuthorizedKeys.Allow"/> has it.</exception>
    public void Allow(string peer, PublicKey key)
    {
        try
        {
            _keys.Allow(peer, key);
        }
        catch (ProblemException e) when (e.Code == ProblemCode.Unsupported)
        {
            // the line is added by hand, and this is how it is allowed again
            RemoveMark(peer);
            throw;
        }

        RemoveMark(peer);
    }

    /// <summary>Lets it in no more, and ends the connections that it has. A move that it was in the middle of can be gone on with when it is allowed again.</summary>
    /// <returns>How many connections there were.</returns>
    /// <exception cref="ProblemException">NotFound: it was not let in. Unsupported: its line has to be taken out by hand; what it asks is refused all the same.</exception>
    public int Deny(string peer)
    {
        // also where an earlier call was cut off
        if (!File.Exists(MarkOf(peer)) || Sessions(peer).Count == 0)
        {
            _keys.Require(peer);
        }

        DurableFile.MakePrivateDirectory(Folder);
        DurableFile.Write(MarkOf(peer), [], 0b110_000_000);
        var ended = 0;
        try
        {
            _keys.Deny(peer);
        }
        finally
        {
            ended = PanelConnections.End(() => Sessions(peer));
        }

        return ended;
    }

    /// <exception cref="ProblemException">NotPermitted: it was let in once, and is no more.</exception>
    public void Demand(string peer)
    {
        if (File.Exists(MarkOf(peer)))
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"This host takes no vservers from {peer} any more ('vserver-hosts allow' here changes that).");
        }
    }

    private void RemoveMark(string peer)
    {
        if (File.Exists(MarkOf(peer)))
        {
            File.Delete(MarkOf(peer));
            DurableFile.SyncDirectory(Folder);
        }
    }

    private string MarkOf(string peer) => $"{Folder}/{Peer.CheckName(peer)}";

    /// <summary>The processes of sshd that carry a peer's sessions: above those that answer to it.</summary>
    private static IReadOnlyList<int> Sessions(string peer)
    {
        var (found, buffer) = (new HashSet<int>(), new byte[4096]);
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]) && IsAnswering(d, peer)))
        {
            for (var at = ProcessTable.Read(int.Parse(Path.GetFileName(directory), System.Globalization.CultureInfo.InvariantCulture), buffer); at is { Parent: > 1 } child; at = ProcessTable.Read(child.Parent, buffer))
            {
                if (PanelConnections.IsDaemon(child.Name))
                {
                    found.Add(child.Pid);
                    break;
                }
            }
        }

        return [.. found];
    }

    // The forced command, among this host's own processes: one of a guest's may have such words, too, and an operator's sshd above it.
    private static bool IsAnswering(string directory, string peer)
    {
        try
        {
            if (new FileInfo(directory + "/ns/pid").LinkTarget != s_ownProcesses.Value)
            {
                return false;
            }

            var words = File.ReadAllText(directory + "/cmdline").Split('\0');
            return words.AsSpan().IndexOf(["--as", VServerReceiveTool.ToolName, "--peer", peer]) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // ended meanwhile
            return false;
        }
    }
}
