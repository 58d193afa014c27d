using System.Runtime.ExceptionServices;

namespace VServerPanel.Native.Operations;

/// <summary>One piece of work on a thread of its own, beside what follows. Starting the thread pool would take longer than most of them.</summary>
internal sealed class BackgroundWork
{
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private BackgroundWork(Action work) => _thread = new Thread(() => Run(work), maxStackSize: 256 * 1024);

    /// <summary>Starts it. The process does not end before it is done.</summary>
    public static BackgroundWork Start(Action work)
    {
        var started = new BackgroundWork(work);
        started._thread.Start();
        return started;
    }

    /// <summary>Starts what has an answer.</summary>
    /// <returns>Waits for the answer; throws what was thrown instead.</returns>
    public static Func<T> Ask<T>(Func<T> question)
    {
        var answer = default(T)!;
        var work = Start(() => answer = question());
        return () =>
        {
            work.Wait();
            return answer;
        };
    }

    /// <summary>Waits until it is done; throws what it threw.</summary>
    public void Wait()
    {
        _thread.Join();
        _failure?.Throw();
    }

    private void Run(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
