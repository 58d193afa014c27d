using System.Text;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>Our lines in root's authorized_keys: one key a peer, that can call <c>vserver-receive</c> and nothing else. Other lines stay as they are.</summary>
internal sealed class AuthorizedKeys(HostPaths paths)
{
    private const string Mark = "vserver-peer:";

    private string Folder => paths.Prefix + "/root/.ssh";

    public string FilePath => Folder + "/authorized_keys";

    /// <summary>Who is let in, by lines of ours that sshd can read.</summary>
    public IReadOnlyList<AllowedPeer> List() => File.Exists(FilePath)
        ? [.. File.ReadLines(FilePath, Encoding.Latin1).Select(Read).OfType<AllowedPeer>().OrderBy(p => p.Name, StringComparer.Ordinal)]
        : [];

    /// <summary>Lets a peer in by this key; one that it had before is replaced.</summary>
    /// <exception cref="ProblemException">AlreadyExists: the key is there for something else, which sshd would go by.</exception>
    public void Allow(string peer, PublicKey key) => Change(lines =>
    {
        var kept = lines.Where(l => !IsOf(l, peer)).ToList();

        // sshd goes by the first line with a key: this one would give the peer whatever that line gives
        if (kept.Any(l => !l.TrimStart().StartsWith('#') && l.Contains(key.ToString().Split(' ')[1], StringComparison.Ordinal)))
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"This key is in '{FilePath}' already, for another host or another purpose. Take that line out first; each host has a key of its own ('vserver-hosts key').");
        }

        return [.. kept, LineFor(peer, key)];
    });

    /// <exception cref="ProblemException">NotFound: it is not let in.</exception>
    public void Require(string peer)
    {
        if (List().All(p => p.Name != peer))
        {
            throw new ProblemException(ProblemCode.NotFound, $"{peer} is not allowed to send vservers here.");
        }
    }

    /// <summary>Lets it in no more. Connections that it has go on.</summary>
    public void Deny(string peer) => Change(lines => lines.Where(l => !IsOf(l, peer)));

    /// <summary>sshd(8): <c>restrict</c> takes away all that a key can do but the command.</summary>
    internal string LineFor(string peer, PublicKey key) => $"restrict,command=\"{ToolLinksStep.Command(paths)} --json --as {VServerReceiveTool.ToolName} --peer {peer}\" {key} {Mark}{peer}";

    private static AllowedPeer? Read(string line)
    {
        if (line.LastIndexOf(" " + Mark, StringComparison.Ordinal) is var at and > 0 && line[(at + 1 + Mark.Length)..] is var name && IsOf(line, name)
            && line[..at].Split(' ') is [.., var type, var blob] && PublicKey.TryParse($"{type} {blob}", out var key))
        {
            return new AllowedPeer(name, key.Fingerprint);
        }

        return null;
    }

    private static bool IsOf(string line, string peer) => line.EndsWith(" " + Mark + peer, StringComparison.Ordinal) && line.StartsWith("restrict,command=", StringComparison.Ordinal);

    private void Change(Func<IReadOnlyList<string>, IEnumerable<string>> change)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var locked = FileLock.Acquire(paths.Locks + "/.authorized-keys", TimeSpan.FromSeconds(5), FilePath);
        if (Libc.TryStatx(null, FilePath, out var stat) && (stat.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"'{FilePath}' is a link or no file, so something else of this host writes it. Add the line there by hand; docs/moving.md has it.", path: FilePath);
        }

        // Latin-1 gives back every byte as it was
        IReadOnlyList<string> lines = File.Exists(FilePath) ? File.ReadAllText(FilePath, Encoding.Latin1).TrimEnd('\n').Split('\n') : [];
        var text = string.Concat(change(lines is [""] ? [] : lines).Select(l => l + "\n"));
        DurableFile.Write(FilePath, Encoding.Latin1.GetBytes(text), 0b110_000_000);
    }
}
