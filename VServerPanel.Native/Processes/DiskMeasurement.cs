using System.Diagnostics;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;

namespace VServerPanel.Native.Processes;

/// <summary>Measures the trees in the background of <c>vserver-stat --watch</c>, one at a time, at the lowest priority, a tenth of the time at most.</summary>
internal sealed class DiskMeasurement(HostPaths paths, TimeProvider time)
{
    private const int LowestPriority = 19;
    private const int RestPerWork = 9;
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <summary>Starts it; it ends with <paramref name="cancel"/>, or with the process.</summary>
    public void Start(CancellationToken cancel) => new Thread(() => Run(cancel)) { IsBackground = true, Name = "disk measurement" }.Start();

    private void Run(CancellationToken cancel)
    {
        // setpriority(2): this thread's only
        _ = Libc.setpriority(Libc.PRIO_PROCESS, 0, LowestPriority);
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                // several watchers of one host need not all measure
                using (var gate = FileLock.TryAcquire($"{paths.Locks}/.disk"))
                {
                    if (gate is not null)
                    {
                        Round(cancel);
                    }
                }

                cancel.WaitHandle.WaitOne(s_pause);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or ProblemException)
        {
            // no figures is what a reader of figures can live with
        }
    }

    private void Round(CancellationToken cancel)
    {
        var usage = new DiskUsage(paths);
        var registry = new VServerRegistry(paths, time);
        var ids = new HashSet<Guid>();
        foreach (var name in registry.Names())
        {
            if (registry.Find(name) is not { } entry)
            {
                continue;
            }

            ids.Add(entry.Id);
            var age = time.GetUtcNow() - usage.Find(entry.Id).MeasuredAt;
            if (age < s_interval || !Directory.Exists(paths.TreeOf(name)))
            {
                continue;
            }

            var watch = Stopwatch.StartNew();
            usage.Save(entry.Id, TreeMeasure.MeasureQuietly(paths.TreeOf(name), cancel), time.GetUtcNow());
            cancel.WaitHandle.WaitOne(watch.Elapsed * RestPerWork);
        }

        usage.Prune(ids);
    }
}
