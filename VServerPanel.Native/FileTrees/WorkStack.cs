using System.Runtime.ExceptionServices;

namespace VServerPanel.Native.FileTrees;

/// <summary>Work that makes more work, done by several threads. Last in, first out: a tree is walked depth first, so that few of its directories are open at a time.</summary>
internal sealed class WorkStack<T>
{
    private readonly Stack<T> _waiting = [];
    private readonly object _gate = new();
    private ExceptionDispatchInfo? _failure;
    private int _sleeping;
    private int _unfinished;

    /// <summary>Adds work, also from within work.</summary>
    public void Push(T item)
    {
        lock (_gate)
        {
            _waiting.Push(item);
            _unfinished++;
            if (_sleeping > 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Does all work, one thread a worker, the first on this one. The first failure ends all of it and is thrown.</summary>
    public void Run<TWorker>(IReadOnlyList<TWorker> workers, Action<TWorker, T> work)
    {
        var threads = workers.Skip(1).Select(w => new Thread(() => RunOne(w, work), maxStackSize: 256 * 1024)).ToList();
        threads.ForEach(t => t.Start());
        RunOne(workers[0], work);
        threads.ForEach(t => t.Join());
        _failure?.Throw();
    }

    private void RunOne<TWorker>(TWorker worker, Action<TWorker, T> work)
    {
        while (TryTake(out var item))
        {
            try
            {
                work(worker, item);
            }
            catch (Exception e)
            {
                lock (_gate)
                {
                    _failure ??= ExceptionDispatchInfo.Capture(e);
                    Monitor.PulseAll(_gate);
                }
            }

            lock (_gate)
            {
                if (--_unfinished == 0)
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }

    private bool TryTake(out T item)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && _unfinished > 0 && _failure is null)
            {
                _sleeping++;
                Monitor.Wait(_gate);
                _sleeping--;
            }

            item = default!;
            return _failure is null && _waiting.TryPop(out item!);
        }
    }
}
