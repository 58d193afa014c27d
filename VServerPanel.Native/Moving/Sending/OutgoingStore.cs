using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Moves from this host: records in <c>/var/lib/vservers/moves</c>, trees of vservers that are handed over in <c>/vservers/.moved/ID</c>.</summary>
internal sealed class OutgoingStore(HostPaths paths)
{
    // what is written down of a move from its stop to its end: that it ran, its files, that it is handed over, why it stands so, how it ended
    private const int MostRecordsFromStop = 6;
    private const long RoomOfRecord = 64 << 10;

    private readonly string _directory = paths.State + "/moves";
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
        while (true)
        {
            try
            {
                _records.Save(move.Id, move);
                break;
            }
            catch (Exception e) when (SpareRoom.IsFullDisk(e) && KeptRooms(move.Id) is [var room, ..])
            {
                GiveBack(room);
            }
        }

        if (move.State is not (OutgoingState.Copying or OutgoingState.HandedOver))
        {
            ForgetRoom(move.Id);
        }

        return move;
    }

    /// <summary>Keeps room on the disk for what has yet to be written down of a move: none may be left off because a disk becomes full when it is stopped.</summary>
    public void KeepRoom(string moveId)
    {
        try
        {
            for (var i = 0; i < MostRecordsFromStop; i++)
            {
                using var room = Libc.open($"{_directory}/.{moveId}.room{i}", Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW, 0b110_000_000);
                DurableFile.KeepRoom(room, 0, RoomOfRecord, _directory);
            }
        }
        catch
        {
            ForgetRoom(moveId);
            throw;
        }
    }

    private void ForgetRoom(string moveId)
    {
        foreach (var room in KeptRooms(moveId))
        {
            File.Delete(room);
        }
    }

    private IReadOnlyList<string> KeptRooms(string moveId) =>
        Directory.Exists(_directory) ? [.. Directory.EnumerateFiles(_directory, $".{moveId}.room?")] : [];

    // file systems give blocks to others when it is on the disk that they are free
    private void GiveBack(string room)
    {
        File.Delete(room);
        DurableFile.SyncDirectory(_directory);
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
