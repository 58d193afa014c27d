using VServerPanel.Native.Hosts;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>Who may send vservers here: by a key of its own, until that is taken back. sshd looks at keys when a connection is made, and never again, so what is asked on one that stands is looked at here.</summary>
internal sealed class PeerPermission(HostPaths paths)
{
    private readonly AuthorizedKeys _keys = new(paths);

    private string Folder => paths.State + "/denied-hosts";

    /// <summary>Lets a peer in by this key.</summary>
    /// <exception cref="ProblemException">AlreadyExists, Unsupported: as <see cref="AuthorizedKeys.Allow"/> has it.</exception>
    public void Allow(string peer, PublicKey key)
    {
        // first: where the line has to be added by hand, this is how it is allowed again
        if (File.Exists(MarkOf(peer)))
        {
            File.Delete(MarkOf(peer));
            DurableFile.SyncDirectory(Folder);
        }

        _keys.Allow(peer, key);
    }

    /// <summary>Lets it in no more, and ends the connections that it has. A move that it was in the middle of can be gone on with when it is allowed again.</summary>
    /// <returns>How many connections there were.</returns>
    /// <exception cref="ProblemException">NotFound: it was not let in.</exception>
    public int Deny(string peer)
    {
        _keys.Require(peer);
        DurableFile.MakePrivateDirectory(Folder);
        DurableFile.Write(MarkOf(peer), [], 0b110_000_000);
        _keys.Deny(peer);
        return PanelConnections.End(() => Sessions(peer));
    }

    /// <exception cref="ProblemException">NotPermitted: it was let in once, and is no more.</exception>
    public void Demand(string peer)
    {
        if (File.Exists(MarkOf(peer)))
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"This host takes no vservers from {peer} any more ('vserver-hosts allow' here changes that).");
        }
    }

    private string MarkOf(string peer) => $"{Folder}/{Peer.CheckName(peer)}";

    /// <summary>The processes of sshd that carry a peer's sessions: above those that answer to it.</summary>
    private static IReadOnlyList<int> Sessions(string peer)
    {
        var found = new HashSet<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]) && IsAnswering(d, peer)))
        {
            for (var at = StatOf(Path.GetFileName(directory)); at is { Parent: > 1 } child; at = StatOf(child.Parent.ToString(System.Globalization.CultureInfo.InvariantCulture)))
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

    // the forced command; a process of a guest's may write such words, too, and has no sshd of the host's above it
    private static bool IsAnswering(string directory, string peer)
    {
        try
        {
            var words = File.ReadAllText(directory + "/cmdline").Split('\0');
            return words.AsSpan().IndexOf(["--as", VServerReceiveTool.ToolName, "--peer", peer]) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // ended meanwhile
            return false;
        }
    }

    private static ProcessStat? StatOf(string pid)
    {
        try
        {
            return ProcessStat.TryParse(File.ReadAllText($"/proc/{pid}/stat"), out var stat) ? stat : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
