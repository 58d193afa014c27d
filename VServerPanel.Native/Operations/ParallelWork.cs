namespace VServerPanel.Native.Operations;

/// <summary>The same work on several threads at once, watched by the caller.</summary>
internal static class ParallelWork
{
    /// <summary>How many threads read files: more than processors, for a cold disk answers many requests at once.</summary>
    public static int DefaultWalkers { get; } = Math.Clamp(Environment.ProcessorCount * 4, 2, 16);

    /// <summary>Runs it, and returns when all are done; throws the first failure.</summary>
    /// <param name="count">How many threads.</param>
    /// <param name="body">Gets its number, and whether to stop: another failed, or a cancel was asked for.</param>
    /// <param name="watch">Called a few times a second meanwhile; what it throws stops them too, and is thrown.</param>
    public static void Run(int count, Action<int, Func<bool>> body, Action? watch = null)
    {
        var stop = false;
        var left = count;
        Exception? failure = null;
        using var done = new ManualResetEventSlim(count == 0);
        var threads = Enumerable.Range(0, count).Select(i => BackgroundWork.Start(() =>
        {
            try
            {
                body(i, () => Volatile.Read(ref stop));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Volatile.Write(ref stop, true);
                Interlocked.CompareExchange(ref failure, e, null);
            }
            finally
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    done.Set();
                }
            }
        })).ToList();
        while (!done.Wait(200))
        {
            try
            {
                watch?.Invoke();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Volatile.Write(ref stop, true);
                Interlocked.CompareExchange(ref failure, e, null);
                watch = null;
            }
        }

        threads.ForEach(t => t.Wait());
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }
}
