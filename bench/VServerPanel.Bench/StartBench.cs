using System.Globalization;
using System.Text.Json.Nodes;

namespace VServerPanel.Bench;

/// <summary><c>vserver NAME start</c> against bare <c>crun run --detach</c> of the same root, in turn.</summary>
/// <remarks>The bare run has no user namespace, no monitor, no journal, no limits, no seccomp: it is the least that could be done instead.</remarks>
internal static class StartBench
{
    private const string Name = "bench";

    public static Task<int> RunAsync(int runs)
    {
        var command = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? Path.Combine(Shell.RepositoryRoot(), "artifacts/native/vserver");
        var prefix = Directory.CreateTempSubdirectory("vserver-bench-").FullName;
        var environment = new Dictionary<string, string> { ["VSERVER_PREFIX"] = prefix };
        var ours = new List<double>();
        var bare = new List<double>();
        try
        {
            // as vserver-setup mounts it
            Shell.Run("/bin/sh", ["-c", $"mkdir -m 0700 '{prefix}/vservers' && mount --bind '{prefix}/vservers' '{prefix}/vservers' && mount -o remount,bind,nosuid,nodev,noexec '{prefix}/vservers'"]);
            Shell.Run(command, ["--silent", Name, "build", "--method", "skeleton"], environment);
            Shell.Run("/bin/sh", ["-c", $"cp /bin/busybox '{prefix}/vservers/{Name}/bin/' && ln -sf busybox '{prefix}/vservers/{Name}/bin/sh'"]);
            var bundle = WriteBareBundle(prefix);
            for (var run = -2; run < runs; run++)
            {
                var a = Shell.Run(command, ["--silent", Name, "start"], environment);
                Shell.Run(command, ["--silent", Name, "stop"], environment);
                var b = Shell.Run("crun", ["--cgroup-manager=cgroupfs", "--root", prefix + "/crun", "run", "--detach", "--bundle", bundle, "vserver-bench-bare"]);
                Shell.Run("crun", ["--cgroup-manager=cgroupfs", "--root", prefix + "/crun", "delete", "--force", "vserver-bench-bare"]);

                // the first two warm the caches
                if (run >= 0)
                {
                    ours.Add(a);
                    bare.Add(b);
                }
            }
        }
        finally
        {
            Shell.Run("/bin/sh", ["-c", $"umount '{prefix}/vservers' 2>/dev/null; rm -rf --one-file-system '{prefix}'"]);
        }

        var (ourMedian, bareMedian) = (Shell.Median(ours), Shell.Median(bare));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"vserver start {ourMedian:0.0} ms (min {ours.Min():0.0}), crun run {bareMedian:0.0} ms (min {bare.Min():0.0}); ratio of medians {ourMedian / bareMedian:0.00}; {runs} runs each, in turn"));
        return Task.FromResult(0);
    }

    private static string WriteBareBundle(string prefix)
    {
        var bundle = Directory.CreateDirectory(Path.Combine(prefix, "bare")).FullName;
        Shell.Run("crun", ["spec", "--bundle", bundle]);
        var path = Path.Combine(bundle, "config.json");
        var spec = JsonNode.Parse(File.ReadAllText(path))!;
        spec["root"] = new JsonObject { ["path"] = $"{prefix}/vservers/{Name}", ["readonly"] = false };
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray("/dev/.vsinit", "-P");
        spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/dev/.vsinit",
            ["type"] = "bind",
            ["source"] = "/usr/bin/catatonit",
            ["options"] = new JsonArray("bind", "ro"),
        });
        File.WriteAllText(path, spec.ToJsonString());
        return bundle;
    }
}
