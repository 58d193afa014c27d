using System.Globalization;

namespace VServerPanel.Bench;

/// <summary><c>vserver NAME start</c> against <c>crun run --detach</c> of the same root, in turn.</summary>
/// <remarks>Twice: bare, without user namespace, monitor, seccomp, limits and journal, which is the least that could be done instead; and with
/// the very description that vserver gives the runtime, of a copy of the tree that belongs to the mapped ids, which is the least that protects as much.</remarks>
internal static class StartBench
{
    private const string Name = "bench";

    // they warm the caches
    private const int Unmeasured = 2;

    public static int Run(int runs)
    {
        if (HybridHost.IsRefused)
        {
            return HybridHost.RunAgain(["start", runs.ToString(CultureInfo.InvariantCulture)]);
        }

        var command = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? Path.Combine(Shell.RepositoryRoot(), "artifacts/native/vserver");
        var prefix = Directory.CreateTempSubdirectory("vserver-bench-").FullName;
        var environment = new Dictionary<string, string> { ["VSERVER_PREFIX"] = prefix };
        var ours = new List<double>();
        var bare = new List<double>();
        var same = new List<double>();
        try
        {
            MakeVServer(command, prefix, environment);
            Shell.Run(command, ["--silent", Name, "start"], environment);
            var bundles = new StartBundles(prefix, $"{prefix}/vservers/{Name}", $"{prefix}/var/run/vservers/{Name}/config.json");
            Shell.Run(command, ["--silent", Name, "stop"], environment);
            for (var run = -Unmeasured; run < runs; run++)
            {
                LetTheKernelRest();
                var a = Shell.Run(command, ["--silent", Name, "start"], environment);
                Shell.Run(command, ["--silent", Name, "stop"], environment);
                var b = RunBundle(prefix, bundles.Bare);
                var c = RunBundle(prefix, bundles.Same);
                if (run >= 0)
                {
                    ours.Add(a);
                    bare.Add(b);
                    same.Add(c);
                }
            }
        }
        finally
        {
            Shell.Run("/bin/sh", ["-c", $"umount '{prefix}/vservers' 2>/dev/null; rm -rf --one-file-system '{prefix}'"]);
        }

        Tell("vserver start", ours);
        Tell("crun run, bare", bare);
        Tell("crun run, the same isolation", same);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ratio of medians: {Shell.Median(ours) / Shell.Median(bare):0.00} against bare, {Shell.Median(ours) / Shell.Median(same):0.00} against the same isolation; {runs} runs each, in turn"));
        return 0;
    }

    private static void MakeVServer(string command, string prefix, Dictionary<string, string> environment)
    {
        // the mapped ids must get through to their copy; the trees are mounted as vserver-setup mounts them
        Shell.Run("/bin/sh", ["-c", $"chmod 0711 '{prefix}' && mkdir -m 0700 '{prefix}/vservers' && mount --bind '{prefix}/vservers' '{prefix}/vservers' && mount -o remount,bind,nosuid,nodev,noexec '{prefix}/vservers'"]);
        Shell.Run(command, ["--silent", Name, "build", "--method", "skeleton"], environment);
        Shell.Run("/bin/sh", ["-c", $"cp /bin/busybox '{prefix}/vservers/{Name}/bin/' && ln -sf busybox '{prefix}/vservers/{Name}/bin/sh'"]);
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
