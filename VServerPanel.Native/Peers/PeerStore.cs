using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>The peers of this host, <c>/etc/vservers/hosts/NAME.json</c>.</summary>
internal sealed class PeerStore(HostPaths paths)
{
    private string Folder => paths.Configuration + "/hosts";

    public IReadOnlyList<Peer> List() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => n.Length > 0 && n[0] != '.').Order(StringComparer.Ordinal).Select(Require)]
        : [];

    /// <exception cref="ProblemException">NotFound, or InputOutput where its file is damaged.</exception>
    public Peer Require(string name)
    {
        var file = FileOf(Peer.CheckName(name));
        if (!File.Exists(file))
        {
            throw new ProblemException(ProblemCode.NotFound, $"No host is known here as {name}. 'vserver-hosts list' shows those there are, 'vserver-hosts add' makes one known.");
        }

        try
        {
            var peer = JsonSerializer.Deserialize(File.ReadAllBytes(file), PeerJson.Default.Peer) ?? throw new JsonException("it is empty");
            return (peer with { Name = name }).Checked();
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InputOutput, $"'{file}' is damaged ({e.Message}). Remove it and call 'vserver-hosts add {name}' again.", e);
        }
    }

    /// <summary>Adds a peer. The same one again changes nothing; another of that name is refused, for its key is what we trust.</summary>
    /// <exception cref="ProblemException">AlreadyExists.</exception>
    public void Add(Peer peer)
    {
        Directory.CreateDirectory(Folder);
        using var locked = Lock();
        if (File.Exists(FileOf(peer.Name)) && Require(peer.Name) != peer)
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"{peer.Name} is known here with another address or host key. If that is right, call 'vserver-hosts remove {peer.Name}' first.");
        }

        DurableFile.Write(FileOf(peer.Name), JsonSerializer.SerializeToUtf8Bytes(peer, PeerJson.Default.Peer), 0b110_100_100);
    }

    public void Remove(string name)
    {
        using var locked = Lock();
        Require(name);
        File.Delete(FileOf(name));
        DurableFile.SyncDirectory(Folder);
    }

    private string FileOf(string name) => $"{Folder}/{name}.json";

    private FileLock Lock() => FileLock.Acquire(paths.Locks + "/.peers", TimeSpan.FromSeconds(5), "the list of hosts");
}
