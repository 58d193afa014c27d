using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Moves from this host: records in <c>/var/lib/vservers/moves</c>, trees of vservers that are handed over in <c>/vservers/.moved/ID</c>.</summary>
internal sealed class OutgoingStore(HostPaths paths)
{
    private readonly MoveRecords<OutgoingMove> _records = new(paths.State + "/moves", OutgoingJson.Default.OutgoingMove);

    public string TreeOf(string moveId) => $"{paths.VServers}/.moved/{moveId}";

    /// <summary>Console logs keep their file system.</summary>
    public string LogOf(string moveId) => $"{paths.Log}/.moved-{moveId}";

    /// <summary>All of them, the latest first.</summary>
    /// <param name="onDamaged">Told of one that cannot be read, which is left out; null where no decision can be made without it.</param>
    /// <exception cref="ProblemException">InputOutput: one is damaged.</exception>
    public IReadOnlyList<OutgoingMove> List(Action<ProblemException>? onDamaged = null) => [.. _records.All(onDamaged).OrderByDescending(m => m.StartedAt)];

    /// <exception cref="ProblemException">InputOutput: its record is damaged.</exception>
    public OutgoingMove? Find(string moveId) => _records.Find(moveId);

    /// <exception cref="ProblemException">NotFound.</exception>
    public OutgoingMove Require(string moveId) =>
        Find(moveId) ?? throw new ProblemException(ProblemCode.NotFound, $"No move from this host has the id {moveId}. 'vserver-moves list' shows those there are.");

    /// <summary>On disk when it returns.</summary>
    public OutgoingMove Save(OutgoingMove move)
    {
        _records.Save(move.Id, move);
        return move;
    }

    public string MakePlace(string moveId)
    {
        DurableFile.MakePrivateDirectory($"{paths.VServers}/.moved");
        return TreeOf(moveId);
    }

    /// <summary>Only one process works on the moves of a vserver.</summary>
    public FileLock Lock(VServerName name, CancellationToken cancel) =>
        FileLock.Acquire($"{paths.Locks}/.move-{name}", TimeSpan.FromSeconds(2), $"the move of {name}", cancel);

    /// <summary>Whether a process works on it.</summary>
    public bool IsAtWork(VServerName name)
    {
        using var free = FileLock.TryAcquire($"{paths.Locks}/.move-{name}");
        return free is null;
    }
}
