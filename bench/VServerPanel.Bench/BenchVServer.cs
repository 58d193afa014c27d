namespace VServerPanel.Bench;

/// <summary>One skeleton vserver below a prefix of its own, on storage as vserver-setup mounts it.</summary>
internal sealed class BenchVServer : IDisposable
{
    public const string Name = "bench";
    private static readonly string s_command = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? Path.Combine(Shell.RepositoryRoot(), "artifacts/native/vserver");
    private readonly Dictionary<string, string> _environment;
    private bool _started;

    public BenchVServer(string? address = null)
    {
        Prefix = Directory.CreateTempSubdirectory("vserver-bench-").FullName;
        _environment = new Dictionary<string, string> { ["VSERVER_PREFIX"] = Prefix };

        // the ids that a tree is mapped to must get through to it
        Shell.Run("/bin/sh", ["-c", $"chmod 0711 '{Prefix}' && mkdir -m 0700 '{Prefix}/vservers' && mount --bind '{Prefix}/vservers' '{Prefix}/vservers' && mount -o remount,bind,nosuid,nodev,noexec '{Prefix}/vservers'"]);
        Command(["build", "--method", "skeleton", .. address is null ? Array.Empty<string>() : ["--ip", address, "--ondev", TrialNetwork.Device]]);
        Shell.Run("/bin/sh", ["-c", $"cp /bin/busybox '{Tree}/bin/' && ln -sf busybox '{Tree}/bin/sh'"]);
    }

    public string Prefix { get; }

    public string Tree => $"{Prefix}/vservers/{Name}";

    /// <summary>Where its processes lie, in the hierarchy that the network programs look at.</summary>
    public string ControlGroup => Directory.EnumerateDirectories(Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup", "vservers-*")
        .Select(d => Path.Combine(d, Path.GetFileName(new FileInfo($"{Prefix}/var/run/vservers/{Name}").LinkTarget!))).First(Directory.Exists);

    /// <returns>Wall time in milliseconds.</returns>
    public double Command(params IEnumerable<string> words) => As(Name, words);

    /// <summary>The same, where it is called otherwise.</summary>
    public double As(string name, params IEnumerable<string> words) => Shell.Run(s_command, ["--silent", name, .. words], _environment);

    public void Start()
    {
        Command("start");
        _started = true;
    }

    public void Stop()
    {
        Command("stop");
        _started = false;
    }

    /// <summary>Copies a program of the host with the libraries it is linked with.</summary>
    public void Install(string program) => Shell.Run("/bin/sh", ["-c",
        $"for f in '{program}' $(ldd '{program}' | grep -o '/[^ ]*'); do mkdir -p '{Tree}'\"$(dirname $f)\" && cp -L $f '{Tree}'$f || exit 1; done"]);

    public void Dispose()
    {
        if (_started)
        {
            Command("stop");
        }

        Shell.Run("/bin/sh", ["-c", $"umount '{Prefix}/vservers' 2>/dev/null; rm -rf --one-file-system '{Prefix}'"]);
    }
}
