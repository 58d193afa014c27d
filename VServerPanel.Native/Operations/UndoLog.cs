using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>What to undo, written down before each step, so that a crash at any instant can be rolled back or finished.</summary>
/// <remarks><c>/var/lib/vservers/undo/ID.jsonl</c>: the owner, then one action a line. Removed when the operation is over. It is made only
/// when a first action is registered.</remarks>
internal sealed class UndoLog(HostPaths paths, UndoOwner owner, bool durable) : IDisposable
{
    private readonly string _path = $"{paths.Undo}/{owner.OperationId}.jsonl";
    private readonly List<UndoAction> _undo = [];
    private IReadOnlyList<UndoAction>? _finish;
    private SafeFileHandle? _file;
    private long _length;

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
        _finish = finish;
    }

    /// <summary>The first half of an operation of two (a restart's stop) is over: finishes it. What follows is undone on its own.</summary>
    public void Continue()
    {
        foreach (var action in _finish ?? [])
        {
            FaultPoint.Reach();
            action.Run(paths);
        }

        Append(new UndoLine { Continues = true });
        _finish = null;
        _undo.Clear();
    }

    /// <summary>The operation succeeded: from here on a crash undoes nothing. Runs what is left to finish.</summary>
    public void Complete()
    {
        if (_file is not null && _finish is null)
        {
            CommitThen();
        }

        foreach (var action in _finish ?? [])
        {
            FaultPoint.Reach();
            action.Run(paths);
        }
    }

    /// <summary>The operation failed: undoes in reverse, or finishes if it had been committed.</summary>
    /// <returns>What could not be undone; the log is kept then, for recovery to try again.</returns>
    public IReadOnlyList<Exception> Abort()
    {
        var failures = Run(paths, _undo, _finish);
        if (failures.Count == 0)
        {
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
            File.Delete(_path);
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Operations that are at work now.</summary>
    public static IEnumerable<UndoOwner> UnderWay(HostPaths paths) => Directory.Exists(paths.Undo)
        ? Directory.EnumerateFiles(paths.Undo, "*.jsonl").Select(FirstOwner).OfType<UndoOwner>().Where(o => ProcessIdentity.IsAlive(o.ProcessId, o.ProcessStart, o.BootId))
        : [];

    private static UndoOwner? FirstOwner(string path)
    {
        try
        {
            return Lines(path).FirstOrDefault()?.Owner;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Logs of operations whose process is gone.</summary>
    public static IEnumerable<(string Path, UndoOwner Owner)> Abandoned(HostPaths paths)
    {
        if (!Directory.Exists(paths.Undo))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(paths.Undo, "*.jsonl"))
        {
            if (Lines(path).FirstOrDefault()?.Owner is { } owner && !ProcessIdentity.IsAlive(owner.ProcessId, owner.ProcessStart, owner.BootId))
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
        var failures = Run(paths, [.. lines.Select(l => l.Undo).OfType<UndoAction>()], finish);
        if (failures.Count == 0)
        {
            File.Delete(path);
        }

        return (finish is not null, failures);
    }

    private static List<Exception> Run(HostPaths paths, List<UndoAction> undo, IReadOnlyList<UndoAction>? finish)
    {
        var failures = new List<Exception>();
        foreach (var action in finish ?? Enumerable.Reverse(undo))
        {
            try
            {
                action.Run(paths);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // one step that cannot be undone must not keep the others from it; the caller reports
                failures.Add(e);
            }
        }

        return failures;
    }

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

    private void Append(UndoLine line)
    {
        if (_file is null)
        {
            _file = Libc.open(_path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0b110_000_000);
            Write(new UndoLine { Owner = owner });
            if (durable)
            {
                DurableFile.SyncDirectory(paths.Undo);
            }
        }

        Write(line);
        if (durable)
        {
            ErrnoException.ThrowIfFailed(Libc.fdatasync(_file), "fdatasync", _path);
        }
    }

    private void Write(UndoLine line)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, UndoJson.Default.UndoLine), (byte)'\n'];
        FaultPoint.Reach();
        RandomAccess.Write(_file!, bytes, _length);
        _length += bytes.Length;
        FaultPoint.Reach();
    }
}
