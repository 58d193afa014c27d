using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

/// <summary>What a guest gets of its administrator's streams and devices: nothing.</summary>
[Collection(RealHost.Name)]
public sealed class HostDescriptorTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    // with a /dev/null of its own, so that neither this host nor what else runs here has a part in it
    private CommandOutput WithOwnNull(string owner, string script)
    {
        using var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), "unshare", "--mount", "--propagation", "slave", "sh", "-c",
            $"mount -t tmpfs -o mode=755 t /mnt && mknod -m 666 /mnt/null c 1 3 && chown {owner} /mnt/null && mount --bind /mnt/null /dev/null && {script}; stat -c '%u:%g %a' /dev/null");
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    [Theory]
    [InlineData("sysv")]
    [InlineData("init")]
    [InlineData("systemd")]
    public void Start_NullDeviceOfTheHost_StaysRoots(string style)
    {
        var name = _host.Add("alpha", $"INIT_STYLE={style}\nSTOP_TIMEOUT=1\n", hasInit: style != "sysv");
        if (style == "sysv")
        {
            File.WriteAllText(_host.Paths.TreeOf(name) + "/etc/init.d/rc", "#!/bin/sh\nexit 0\n");
            File.SetUnixFileMode(_host.Paths.TreeOf(name) + "/etc/init.d/rc", (UnixFileMode)0b111_101_101);
        }

        var result = WithOwnNull("0:0", $"{HostCommand.Path} alpha start && {HostCommand.Path} alpha exec true </dev/null >/dev/null 2>/dev/null && {HostCommand.Path} --json alpha exec true");
        Assert.True(result.Output.EndsWith("\n0:0 666\n", StringComparison.Ordinal), result.Output + result.Error);
        Assert.Contains("\"exitCode\":0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_NullDeviceIsAGuests_IsGivenBackWithAWarning()
    {
        _host.Add("alpha", hasInit: false);
        var result = WithOwnNull("1879048192:1879048192", $"chmod 600 /dev/null; {HostCommand.Path} alpha start");
        Assert.EndsWith("0:0 666\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("/dev/null of the host belonged to a vserver", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_FirstProcess_HasNoInputOfTheHost()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var pid = new RunStateStore(_host.Paths).FindRunning(name)!.Init!.Pid;
        Assert.StartsWith("pipe:", new FileInfo($"/proc/{pid}/fd/0").LinkTarget, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_OutputToAFile_KeepsTheFileRoots()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var file = _host.Prefix.Directory + "/out";
        TrialHost.Run("sh", "-c", $"VSERVER_PREFIX={_host.Prefix.Directory} {HostCommand.Path} alpha exec sh -c 'echo one; echo two >&2' >{file} 2>&1 && echo three >>{file}");
        Assert.Equal(["one", "three", "two"], File.ReadAllLines(file).Order(StringComparer.Ordinal));
        Assert.Equal("0:0\n", TrialHost.Run("stat", "-c", "%u:%g", file));
    }

    [Fact]
    public void Exec_InputAndExitCode_GoThroughThePipes()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var output = TrialHost.Run("sh", "-c", $"export VSERVER_PREFIX={_host.Prefix.Directory}; head -c 300000 /dev/zero | {HostCommand.Path} alpha exec sh -c 'cat; exit 7' | wc -c; {HostCommand.Path} alpha exec yes | head -n 1; {HostCommand.Path} alpha exec sh -c 'exit 7' || echo $?");
        Assert.Equal("300000\ny\n7\n", output);
    }

    [Theory]
    [InlineData(">")]
    [InlineData("2>/dev/null | cat >")]
    public async Task Exec_OutputIsNoTerminal_GuestGetsNoTerminalOfTheHost(string redirection)
    {
        Assert.SkipWhen(ChildProcesses.ChildProcess.Find("script") is null, "a terminal is made by script(1)");
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var file = _host.Prefix.Directory + "/out";
        const string Guest = "for i in 0 1 2; do test -t $i && echo terminal $i; done; (exec 3</dev/tty) 2>/tmp/no && echo terminal /dev/tty; read key && echo key $key; echo done";
        using var process = HostCommand.Start(
            _host.Prefix, new Dictionary<string, string>(), "script", "-qec", $"{HostCommand.Path} alpha exec sh -c '{Guest}' {redirection} {file}; read -r line; echo mine=$line", "/dev/null");
        process.StandardInput.Write("secret\n");
        process.StandardInput.Flush();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal("done\n", File.ReadAllText(file));
        Assert.Contains("mine=secret", await output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_Json_LastsAsLongAsTheCommand()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        Assert.Equal(5, _host.VServer("--json", "alpha", "exec", "sh", "-c", "sleep 1; exit 5").Result<CommandOutcome>().ExitCode);
    }

    [Fact]
    public void Start_RunControlPrintsWithoutEnd_IsEndedInItsTimeWithLittleOutput()
    {
        var name = _host.Add("alpha", "START_TIMEOUT=5\nSTOP_TIMEOUT=2\n", hasInit: false);
        var tree = _host.Paths.TreeOf(name);
        File.WriteAllText(tree + "/etc/init.d/rc", "#!/bin/sh\n");
        File.SetUnixFileMode(tree + "/etc/init.d/rc", (UnixFileMode)0b111_101_101);

        // the guest's own shell does not do as it is told: it prints into the stream that it was started with
        File.Delete(tree + "/bin/sh");
        File.WriteAllText(tree + "/bin/sh", "#!/bin/yes\n");
        File.SetUnixFileMode(tree + "/bin/sh", (UnixFileMode)0b111_101_101);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        _host.Expect("alpha", "start");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(45));
        var job = Assert.Single(Directory.GetFiles(_host.Paths.Jobs, "*.jsonl"));
        Assert.InRange(new FileInfo(job).Length, 1, 4 << 20);
        Assert.Contains("dropped", File.ReadAllText(job), StringComparison.Ordinal);
    }

    [Fact]
    public void Exited_ByHandWhileItRuns_SaysNothing()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var state = new RunStateStore(_host.Paths).FindRunning(name)!;
        var before = _host.Prefix.ReadJournal().Count;
        _host.Expect("--as", "vserver-exited", "alpha", state.Generation);
        _host.Expect("--as", "vserver-exited", "alpha", state.Generation, "--finish");
        Assert.Equal(before, _host.Prefix.ReadJournal().Count);
        Assert.NotNull(new RunStateStore(_host.Paths).FindRunning(name));
    }

    [Fact]
    public void Guest_RebootsWithoutEnd_IsLeftStopped()
    {
        var name = _host.Add("alpha");
        File.WriteAllText(_host.Paths.TreeOf(name) + "/etc/inittab", "::sysinit:/bin/sleep 2\n::sysinit:/bin/reboot -f\n");
        _host.VServer("alpha", "start");
        TrialHost.Eventually(() => _host.Prefix.ReadJournal().Any(e => e is { Operation: "halt", Phase: JournalPhase.Ended }), "it is left stopped", seconds: 90);
        Assert.Equal(5, _host.Prefix.ReadJournal().Count(e => e is { Operation: "reboot", Phase: JournalPhase.Ended }));
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
        var halt = _host.Prefix.ReadJournal().Last(e => e.Operation == "halt").OperationId;
        Assert.Contains("left stopped", File.ReadAllText($"{_host.Paths.Jobs}/{halt}.jsonl"), StringComparison.Ordinal);
    }
}
