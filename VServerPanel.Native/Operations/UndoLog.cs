using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>What to undo, written down before each step, so that a crash at any instant can be rolled back or finished.</summary>
/// <remarks><c>/var/lib/vservers/undo/ID.jsonl</c>: the owner, then one action a line. Removed when the operation is over. It is made only
/// when a first action is registered.</remarks>
/// <param name="paths">Where.</param>
/// <param name="owner">Whose.</param>
/// <param name="durable">Whether each line is on disk before its step.</param>
/// <param name="needsNoRoom">Whether it may be in memory where the disk is full.</param>
internal sealed partial class UndoLog(HostPaths paths, UndoOwner owner, bool durable, bool needsNoRoom = false) : IDisposable
{
    private readonly List<UndoAction> _undo = [];
    private IReadOnlyList<UndoAction>? _finish;
    private int _finished;
    private int _undone;

    /// <summary>Registers how to undo the step that comes next.</summary>
    public void Before(UndoAction undo)
    {
        Append(new UndoLine { Undo = undo });
        _undo.Add(undo);
    }

    /// <summary>The point of no return: from here on the operation is finished by these actions, also after a crash.</summary>
    public void CommitThen(params IReadOnlyList<UndoAction> finish)
    {
        Append(new UndoLine { Finish = finish });
        (_finish, _finished) = (finish, 0);
    }

    /// <summary>The first half of an operation of two (a restart's stop) is over: finishes it. What follows is undone on its own.</summary>
    public void Continue()
    {
        Finish();

        (_finish, _undone) = (null, 0);
        _undo.Clear();
        try
        {
            Append(new UndoLine { Continues = true });
        }
        catch
        {
            // or it would be finished again, over whatever is done instead of the second half
            Forget();
            throw;
        }
    }

    /// <summary>The operation succeeded: from here on a crash undoes nothing. Runs what is left to finish.</summary>
    public void Complete()
    {
        if (_file is not null && _finish is null)
        {
            CommitThen();
        }

        Finish();
        Close();
    }

    /// <summary>Makes the log with room for its end, so that a full disk keeps nobody from the steps that follow: before something that must not be half done.</summary>
    public void MakeReady()
    {
        if (_file is null)
        {
            Make(0);
        }
    }

    /// <summary>The operation failed: undoes in reverse, or finishes if it had been committed.</summary>
    /// <returns>What could not be undone; the log is kept then, for recovery to try again.</returns>
    public IReadOnlyList<Exception> Abort()
    {
        var failures = _finish is null
            ? Undo(paths, _undo, _undone, done =>
            {
                Append(new UndoLine { Undone = done });
                _undone = done;
            })
            : Failure(Finish);
        if (failures.Count == 0)
        {
            _undo.Clear();
            (_finish, _undone) = (null, 0);
            Forget();
        }

        return failures;
    }

    /// <summary>Removes the log: how the operation ended is on record.</summary>
    public void Forget()
    {
        if (_file is not null)
        {
            FaultPoint.Reach();
            _file.Dispose();
            _file = null;
            File.Delete(PathOf(_directory));
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Whether an operation's log is there.</summary>
    public static bool Exists(HostPaths paths, string operationId) => Files(paths, $"{operationId}.jsonl").Any();

    /// <summary>Operations that are at work now.</summary>
    public static IEnumerable<UndoOwner> UnderWay(HostPaths paths) =>
        Files(paths).Select(FirstOwner).OfType<UndoOwner>().Where(o => ProcessIdentity.IsAlive(o.ProcessId, o.ProcessStart, o.BootId));

    private static IEnumerable<string> Files(HostPaths paths, string pattern = "*.jsonl") =>
        ((string[])[paths.Undo, SpareRoom.UndoOf(paths)]).Where(Directory.Exists).SelectMany(d => Directory.EnumerateFiles(d, pattern));

    private static UndoOwner? FirstOwner(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return reader.ReadLine() is { Length: > 0 } first ? JsonSerializer.Deserialize(first, UndoJson.Default.UndoLine)?.Owner : null;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Logs of operations whose process is gone.</summary>
    public static IEnumerable<(string Path, UndoOwner Owner)> Abandoned(HostPaths paths)
    {
        foreach (var path in Files(paths))
        {
            if (FirstOwner(path) is { } owner && !ProcessIdentity.IsAlive(owner.ProcessId, owner.ProcessStart, owner.BootId))
            {
                yield return (path, owner);
            }
        }
    }

    /// <summary>Rolls back or finishes what a crash cut off.</summary>
    /// <returns>Whether it was finished rather than rolled back, and what could not be done.</returns>
    public static (bool Finished, IReadOnlyList<Exception> Failures) Recover(HostPaths paths, string path)
    {
        var lines = Lines(path).ToList();
        lines.RemoveRange(0, lines.FindLastIndex(l => l.Continues == true) + 1);
        var finish = lines.Select(l => l.Finish).LastOrDefault(f => f is not null);
        var finished = lines.Skip(lines.FindLastIndex(l => l.Finish is not null)).Select(l => l.Finished).LastOrDefault(f => f is not null) ?? 0;
        var failures = finish is null
            ? Undo(paths, [.. lines.Select(l => l.Undo).OfType<UndoAction>()], lines.Select(l => l.Undone).LastOrDefault(u => u is not null) ?? 0, done => AppendTo(path, new UndoLine { Undone = done }))
            : Failure(() => Finish(paths, finish, finished, done => AppendTo(path, new UndoLine { Finished = done })));
        if (failures.Count == 0)
        {
            File.Delete(path);
        }

        return (finish is not null, failures);
    }

    /// <summary>In reverse, and as <see cref="Finish()"/>: the first that fails ends it, and is the first of the next time. What would come after it may remove what
    /// it has not put back yet. Only safeguards do not wait for it.</summary>
    /// <param name="paths">Where.</param>
    /// <param name="actions">As they were registered.</param>
    /// <param name="done">How many have been undone.</param>
    /// <param name="tell">Keeps how many have been undone by now.</param>
    private static List<Exception> Undo(HostPaths paths, List<UndoAction> actions, int done, Action<int> tell)
    {
        List<Exception> failures = [];
        for (var i = done; i < actions.Count; i++)
        {
            var action = actions[actions.Count - 1 - i];
            if (failures.Count > 0 && !action.IsSafeguard)
            {
                continue;
            }

            var failure = Failure(() => action.Run(paths));
            if (failures.Count == 0 && failure.Count > 0 && i > done)
            {
                var until = i;
                failure.AddRange(Failure(() => tell(until)));
            }

            failures.AddRange(failure);
        }

        return failures;
    }

    /// <summary>Nothing of it is to be done again: from here on others may work on what it has changed. Not synced: behind a power cut there is nobody who has.</summary>
    private void Close()
    {
        if (_file is null || _finish is not { Count: > 0 })
        {
            return;
        }

        (_finish, _finished) = ([], 0);
        try
        {
            Append(new UndoLine { Finish = [] }, isSynced: false);
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            Forget();
        }
    }

    private void Finish() => Finish(paths, _finish ?? [], _finished, done =>
    {
        Append(new UndoLine { Finished = done });
        _finished = done;
    });

    /// <summary>These are in order: addresses are not given back while processes still use them. So the first that fails ends it, and is the first of the next time.</summary>
    private static void Finish(HostPaths paths, IReadOnlyList<UndoAction> actions, int done, Action<int> tell)
    {
        for (var i = done; i < actions.Count; i++)
        {
            FaultPoint.Reach();
            actions[i].Run(paths);
            if (i + 1 < actions.Count)
            {
                tell(i + 1);
            }
        }
    }

    private static List<Exception> Failure(Action action)
    {
        try
        {
            action();
            return [];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return [e];
        }
    }

    // over a last line that the crash cut off
    private static void AppendTo(string path, UndoLine line)
    {
        var known = File.ReadAllBytes(path);
        var end = known.AsSpan().LastIndexOf((byte)'\n') + 1;
        using var file = Libc.open(path, Libc.O_WRONLY);
        if (end < known.Length)
        {
            // it would give back the room that is kept behind its end, too
            RandomAccess.SetLength(file, end);
        }

        RandomAccess.Write(file, Line(line), end);
        ErrnoException.ThrowIfFailed(Libc.fdatasync(file), "fdatasync", path);
    }

    private static byte[] Line(UndoLine line) => [.. JsonSerializer.SerializeToUtf8Bytes(line, UndoJson.Default.UndoLine), (byte)'\n'];

    // the last line may have been cut off by the crash: its step was never begun
    private static IEnumerable<UndoLine> Lines(string path)
    {
        foreach (var line in File.ReadAllText(path).Split('\n'))
        {
            UndoLine? parsed;
            try
            {
                parsed = line.Length == 0 ? null : JsonSerializer.Deserialize(line, UndoJson.Default.UndoLine);
            }
            catch (JsonException)
            {
                yield break;
            }

            if (parsed is not null)
            {
                yield return parsed;
            }
        }
    }
}
