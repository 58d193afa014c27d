using System.Runtime.CompilerServices;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Isolation;

/// <summary>A vserver is as good as this list: a program inside tries everything that it must not be able to do.</summary>
[Collection(RealHost.Name)]
public sealed class ContainmentTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "S_CAPS=\"CAP_SYS_ADMIN CAP_NET_RAW CAP_MKNOD\"\n")]
    public void Probe_Inside_ReachesNothing(bool hasInit, string conf)
    {
        var name = _host.Add("alpha", conf, hasInit);
        Compile(_host.Paths.TreeOf(name) + "/bin/probe");
        var marker = _host.Prefix.Directory + "/host-only";
        File.WriteAllText(marker, "of the host");
        _host.Expect("alpha", "start");

        var lines = _host.Expect("alpha", "exec", "/bin/probe", $"{Environment.ProcessId}", marker, hasInit ? "init" : "sysv").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 50, string.Join('\n', lines));

        // who is given SYS_ADMIN may mount, in his own namespaces; all else stays shut
        var mayMount = conf.Contains("SYS_ADMIN", StringComparison.Ordinal);
        string[] mounts = ["mount", "bind-over-masked", "umount-masked", "remount-sys", "set-hostname-of-host"];
        Assert.Equal([], [.. lines.Where(l => l.Split(' ')[1] != "ok" && !(mayMount && mounts.Contains(l.Split(' ')[0])))]);
    }

    [Fact]
    public void Nest_Yes_AllowsUserNamespacesAndNothingElse()
    {
        var name = _host.Add("alpha", "NEST=yes\n", hasInit: false);
        Compile(_host.Paths.TreeOf(name) + "/bin/probe");
        _host.Expect("alpha", "start");
        var lines = _host.Expect("alpha", "exec", "/bin/probe", $"{Environment.ProcessId}", "/nothing", "sysv").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, l => l.StartsWith("unshare-user REACHED", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.StartsWith("bpf REACHED", StringComparison.Ordinal) || l.StartsWith("mknod-mem REACHED", StringComparison.Ordinal));
    }

    [Fact]
    public void SetUserIdFile_MadeInside_CannotBeRunByAUserOfTheHost()
    {
        var name = _host.Add("alpha", hasInit: false);
        Compile(_host.Paths.TreeOf(name) + "/bin/probe");
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "cp /bin/busybox /bin/trap && chmod 4755 /bin/trap || busybox cp /bin/busybox /bin/trap2 && busybox chmod 4755 /bin/trap2");
        var file = _host.Paths.TreeOf(name) + "/bin/trap2";
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.SetUser));
        var run = new ChildProcess { Program = "setpriv", Arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", file, "id"] }.Try(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, run.ExitCode);

        // nor by root: the host's mount runs nothing
        Assert.NotEqual(0, new ChildProcess { Program = "setpriv", Arguments = ["--nnp", file, "id"] }.Try(TestContext.Current.CancellationToken).ExitCode);
    }

    private static void Compile(string target)
    {
        Assert.SkipWhen(ChildProcess.Find("gcc") is null, "the program that tries to break out is compiled by gcc");
        TrialHost.Run("gcc", "-static", "-o", target, Path.Combine(Path.GetDirectoryName(Here())!, "probe.c"));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
