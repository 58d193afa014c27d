using System.Globalization;

namespace VServerPanel.Bench;

/// <summary><c>vserver NAME start</c> against <c>crun run --detach</c> of the same root, in turn.</summary>
/// <remarks>Twice: bare, without user namespace, monitor, seccomp, limits and journal, which is the least that could be done instead; and with
/// the very description that vserver gives the runtime, of a copy of the tree that belongs to the mapped ids, which is the least that protects as much.</remarks>
internal static class StartBench
{
    // they warm the caches
    private const int Unmeasured = 2;

    public static int Run(int runs)
    {
        if (HybridHost.IsRefused)
        {
            return HybridHost.RunAgain(["start", runs.ToString(CultureInfo.InvariantCulture)]);
        }

        using var vserver = new BenchVServer();
        var ours = new List<double>();
        var bare = new List<double>();
        var same = new List<double>();
        vserver.Command("start");
        var bundles = new StartBundles(vserver.Prefix, vserver.Tree, $"{vserver.Prefix}/var/run/vservers/{BenchVServer.Name}/config.json");
        vserver.Command("stop");
        for (var run = -Unmeasured; run < runs; run++)
        {
            LetTheKernelRest();
            var a = vserver.Command("start");
            vserver.Command("stop");
            var b = RunBundle(vserver.Prefix, bundles.Bare);
            var c = RunBundle(vserver.Prefix, bundles.Same);
            if (run >= 0)
            {
                ours.Add(a);
                bare.Add(b);
                same.Add(c);
            }
        }

        Tell("vserver start", ours);
        Tell("crun run, bare", bare);
        Tell("crun run, the same isolation", same);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ratio of medians: {Shell.Median(ours) / Shell.Median(bare):0.00} against bare, {Shell.Median(ours) / Shell.Median(same):0.00} against the same isolation; {runs} runs each, in turn"));
        return 0;
    }

    /// <summary>Each begins alike: who changes a cgroup shortly after another one did need not wait for the kernel (cgroup_threadgroup_rwsem).</summary>
    private static void LetTheKernelRest() => Thread.Sleep(100);

    private static double RunBundle(string prefix, string bundle)
    {
        string[] options = ["--cgroup-manager=cgroupfs", "--root", prefix + "/crun"];
        LetTheKernelRest();
        var taken = Shell.Run("crun", [.. options, "run", "--detach", "--bundle", bundle, "vserver-bench"]);
        Shell.Run("crun", [.. options, "delete", "--force", "vserver-bench"]);
        return taken;
    }

    private static void Tell(string what, List<double> times) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what}: median {Shell.Median(times):0.0} ms, least {times.Min():0.0} ms"));
}
