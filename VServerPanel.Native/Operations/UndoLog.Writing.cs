using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

internal sealed partial class UndoLog
{
    // what tells how far it is undone, and how it is finished
    private const int RoomForItsEnd = 16 << 10;

    private readonly List<UndoLine> _lines = [];
    private string _directory = paths.Undo;
    private SafeFileHandle? _file;
    private long _length;
    private long _kept;

    private string PathOf(string directory) => $"{directory}/{owner.OperationId}.jsonl";

    private void Append(UndoLine line, bool isSynced = true)
    {
        var known = _length;
        _lines.Add(line);
        try
        {
            Put(line, isSynced);
        }
        catch (Exception e) when (needsNoRoom && _directory == paths.Undo && SpareRoom.IsFullDisk(e))
        {
            MoveAside(known);
        }
    }

    /// <summary>The disk is full: the whole log is written where there is room. A crash while both are there has its steps undone or finished twice, as they may be.</summary>
    private void MoveAside(long known)
    {
        var old = _file;
        if (old is not null && known > 0)
        {
            // nothing of the line that found no room
            RandomAccess.SetLength(old, known);
        }

        _directory = SpareRoom.Make(SpareRoom.UndoOf(paths));
        _file = null;
        _lines.ForEach(l => Put(l, isSynced: true));
        old?.Dispose();
        File.Delete(PathOf(paths.Undo));
    }

    private void Put(UndoLine line, bool isSynced)
    {
        var bytes = Line(line);
        if (_file is null)
        {
            Make(bytes.Length);
        }
        else if (line.Undo is not null)
        {
            KeepRoom(bytes.Length);
        }

        Write(bytes);
        if (durable && isSynced)
        {
            ErrnoException.ThrowIfFailed(Libc.fdatasync(_file!), "fdatasync", PathOf(_directory));
        }
    }

    /// <summary>It gets its name when its owner is in it (open(2), O_TMPFILE): a log of nobody's could never be told from one that is being made, and a crash before that leaves nothing.</summary>
    private void Make(long firstLine)
    {
        var ownerLine = Line(new UndoLine { Owner = owner });
        (_length, _kept) = (0, 0);
        _file = Libc.open(_directory, Libc.O_WRONLY | Libc.O_TMPFILE, 0b110_000_000);
        try
        {
            KeepRoom(ownerLine.Length + firstLine);
            Write(ownerLine);
            ErrnoException.ThrowIfFailed(Libc.linkat(_file, $"/proc/self/fd/{_file.DangerousGetHandle()}", _file, PathOf(_directory), Libc.AT_SYMLINK_FOLLOW), "linkat", PathOf(_directory));
        }
        catch
        {
            _file.Dispose();
            (_file, _length) = (null, 0);
            throw;
        }

        FaultPoint.Reach();
        if (durable)
        {
            DurableFile.SyncDirectory(_directory);
        }
    }

    /// <summary>A disk that becomes full while the operation is under way still takes the lines of its end.</summary>
    private void KeepRoom(long line)
    {
        if (_length + line + RoomForItsEnd <= _kept)
        {
            return;
        }

        var until = _length + line + (2 * RoomForItsEnd);
        DurableFile.KeepRoom(_file!, _length, until - _length, PathOf(_directory));
        _kept = until;
    }

    private void Write(byte[] bytes)
    {
        FaultPoint.Reach();
        RandomAccess.Write(_file!, bytes, _length);
        _length += bytes.Length;
        FaultPoint.Reach();
    }
}
