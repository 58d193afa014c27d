using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Moving;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Receiving;

/// <summary>Copies that peers keep here. The complete one is the vserver's tree; the next is written beside it, in <c>/vservers/.standby/ID</c>, and takes its place when it is whole.</summary>
internal sealed class KeptCopyStore(HostPaths paths)
{
    private readonly MoveRecords<KeptCopy> _records = new(paths.State + "/standby/copies", KeptCopyJson.Default.KeptCopy);

    /// <summary>The next copy.</summary>
    public string NextOf(string id) => $"{paths.VServers}/.standby/{id}";

    /// <summary>The one before, while it is removed.</summary>
    public string FormerOf(string id) => $"{NextOf(id)}.old";

    /// <summary>All of them, the latest first.</summary>
    /// <param name="onDamaged">Told of one that cannot be read, which is left out; null where no decision can be made without it.</param>
    /// <exception cref="ProblemException">InputOutput: one is damaged.</exception>
    public IReadOnlyList<KeptCopy> List(Action<ProblemException>? onDamaged = null) => [.. _records.All(onDamaged).OrderByDescending(c => c.StartedAt)];

    public KeptCopy? Find(string id) => _records.Find(id);

    /// <summary>The one that a vserver is, or was promoted from; null where its copying is not ours.</summary>
    public KeptCopy? Of(Guid vServerId) => List().FirstOrDefault(c => c.VServerId == vServerId && c.EndedAt is null);

    /// <summary>On disk when it returns.</summary>
    public KeptCopy Save(KeptCopy copy)
    {
        DurableFile.MakePrivateDirectory(paths.State + "/standby");
        _records.Save(copy.Id, copy);
        return copy;
    }

    /// <summary>What its vserver is called here; null where it is none yet.</summary>
    public VServerName? NameOf(Guid vServerId) => new VServerRegistry(paths, TimeProvider.System).NameOf(vServerId);

    /// <summary>The tree that a peer may write to now; null where this id is no copy's.</summary>
    /// <exception cref="ProblemException">NotPermitted: it is another peer's, was promoted or has ended, or no pass has begun.</exception>
    public string? FindTree(string id, string peer) => Find(id) switch
    {
        null => null,
        { IsOpen: true } copy when copy.Peer == peer && Directory.Exists(NextOf(id)) => NextOf(id),
        _ => throw new ProblemException(ProblemCode.NotPermitted, "No pass of this copy has begun here, or it was promoted or has ended."),
    };

    /// <summary>Removes what nobody needs any more. Whoever still writes there keeps it until the next time.</summary>
    public void Sweep(string id)
    {
        TreeRemoval.Remove(FormerOf(id));
        if (Find(id) is { IsOpen: false } && Libc.TryStatx(null, NextOf(id), out _))
        {
            try
            {
                using var writers = TreeWriters.Exclude(NextOf(id), TimeSpan.Zero, CancellationToken.None);
                TreeRemoval.Remove(NextOf(id));
            }
            catch (ProblemException e) when (e.Code == ProblemCode.Busy)
            {
                // 'vserver-standby run-due' comes by again
            }
        }
    }
}
