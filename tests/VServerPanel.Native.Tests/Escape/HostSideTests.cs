using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Escape;

/// <summary>Traps that a guest's root lays in its own tree for who comes by from the host: set-user-id programs, symlinks where the host reads, writes and mounts.</summary>
[Collection(RealHost.Name)]
public sealed class HostSideTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void SetUserIdFile_MadeInside_RunsForNobodyOfTheHost()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "busybox cp /bin/busybox /bin/set-id && busybox chmod 6755 /bin/set-id");
        var file = _host.Paths.TreeOf(name) + "/bin/set-id";
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.SetUser));
        Assert.NotEqual(0, Try("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", file, "id"));

        // nor for root: the host's mount runs nothing
        Assert.NotEqual(0, Try("setpriv", "--nnp", file, "id"));

        // by way of the running vserver only root gets there, and there it is of the vserver's range
        var inside = $"/proc/{new RunStateStore(_host.Paths).FindRunning(name)!.Init!.Pid}/root/bin/set-id";
        Assert.NotEqual(0, Try("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", inside, "id"));
        Assert.InRange(uint.Parse(TrialHost.Run("stat", "-c", "%u", inside), System.Globalization.CultureInfo.InvariantCulture), VServerRegistry.FirstBase, uint.MaxValue);
    }

    [Fact]
    public void Start_DirectoriesAreSymlinksToTheHost_TouchesNothingThere()
    {
        var outside = _host.Prefix.Directory + "/outside";
        foreach (var directory in (string[])["proc", "sys", "dev", "tmp", "run"])
        {
            Directory.CreateDirectory($"{outside}/{directory}");
            File.WriteAllText($"{outside}/{directory}/kept", "of the host\n");
            var name = _host.Add($"alpha-{directory}", "INIT_STYLE=systemd\nSTOP_TIMEOUT=1\n");
            Directory.Delete($"{_host.Paths.TreeOf(name)}/{directory}");
            File.CreateSymbolicLink($"{_host.Paths.TreeOf(name)}/{directory}", $"{outside}/{directory}");
            var before = TreeSnapshot.Take(outside);
            var mounts = File.ReadAllLines("/proc/self/mountinfo").Where(IsOurs).ToList();

            // refused, or mounted within the tree: either will do
            var start = _host.VServer(name.Value, "start");
            if (start.ExitCode == 0)
            {
                Assert.DoesNotContain("kept", _host.VServer(name.Value, "exec", "sh", "-c", $"ls {outside}/{directory}").Output, StringComparison.Ordinal);
                _host.Expect(name.Value, "stop");
            }

            Assert.Equal(before, TreeSnapshot.Take(outside));
            Assert.Equal(mounts, File.ReadAllLines("/proc/self/mountinfo").Where(IsOurs));
        }
    }

    [Fact]
    public void Start_FilesAreSymlinksToTheHost_NeitherReadsNorWritesThose()
    {
        var outside = _host.Prefix.Directory + "/outside";
        Directory.CreateDirectory(outside);
        File.WriteAllText(outside + "/passwd", "root:x:0:0:root:/:/bin/sh\nmallory:x:0:0:of the host:/:/bin/sh\n");
        foreach (var file in (string[])["resolv.conf", "hosts", "hostname", "mtab", "group"])
        {
            File.WriteAllText($"{outside}/{file}", "of the host\n");
        }

        var name = _host.Add("alpha", "NETWORK_MODE=private\nDNS=192.0.2.1\nS_HOSTNAME=alpha\n", hasInit: false);
        var etc = _host.Paths.TreeOf(name) + "/etc";
        foreach (var file in (string[])["passwd", "group", "resolv.conf", "hosts", "hostname", "mtab"])
        {
            File.Delete($"{etc}/{file}");
            File.CreateSymbolicLink($"{etc}/{file}", $"{outside}/{file}");
        }

        var before = TreeSnapshot.Take(outside);
        var start = _host.VServer("alpha", "start");
        if (start.ExitCode == 0)
        {
            Assert.NotEqual(0, _host.VServer("alpha", "suexec", "mallory", "true").ExitCode);
            _host.Expect("alpha", "stop");
        }

        Assert.Equal(before, TreeSnapshot.Take(outside));
    }

    private bool IsOurs(string line) => line.Contains(_host.Prefix.Directory, StringComparison.Ordinal);

    private static int Try(string program, params string[] arguments) => new ChildProcess { Program = program, Arguments = arguments }.Try(TestContext.Current.CancellationToken).ExitCode;
}
