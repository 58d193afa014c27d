using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Contexts;

[Collection(RealHost.Name)]
public sealed class ChcontextTests : IDisposable
{
    // a command that holds none of its caller's streams
    private const string Background = "exec sleep 16180 </dev/null >/dev/null 2>&1";

    private readonly TrialHost _host = new();

    public void Dispose()
    {
        foreach (var context in Groups())
        {
            foreach (var pid in CgroupTree.Detect().Processes(context))
            {
                _ = Libc.kill(pid, Libc.SIGKILL);
            }

            TrialHost.Eventually(() => CgroupTree.Detect().Remove(context), "the group is empty");
        }

        _host.Dispose();
    }

    [Fact]
    public void New_Context_SeesAndSignalsItselfOnly()
    {
        using var other = Process.Start("sleep", "16180");
        try
        {
            var output = Run("sh", "-c", $"ps ax -o args; kill {other.Id} 2>/dev/null; echo kill $?; hostname").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("New security context is 49152", output[0]);
            Assert.Equal(3, output.Skip(2).TakeWhile(l => !l.StartsWith("kill ", StringComparison.Ordinal)).Count());
            Assert.Equal(["kill 1", Environment.MachineName], output[^2..]);
            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
        }

        // it ends with its last process
        Assert.Empty(Groups());
    }

    [Fact]
    public void Run_Command_IsAsIfItHadBeenRunItself()
    {
        Assert.Equal(7, Chcontext("--silent", "sh", "-c", "exit 7").ExitCode);
        Assert.Equal(128 + 9, Chcontext("--silent", "sh", "-c", "kill -9 $$").ExitCode);
        var missing = Chcontext("--silent", "/no/such/program");
        Assert.Equal((255, "Can't exec /no/such/program (No such file or directory)\n"), (missing.ExitCode, missing.Error));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ODD"] = "a=b c" };
        Assert.Equal("a=b c\n/\n", HostCommand.Run(_host.Prefix, environment, "--as", "chcontext", "--silent", "sh", "-c", "echo \"$ODD\"; pwd").Output);

        // umask, and SIGPIPE which the runtime ignores
        Assert.Equal("0077\n141\n", TrialHost.Run("sh", "-c", $"umask 077; VSERVER_PREFIX={_host.Prefix.Directory} {HostCommand.Path} --as chcontext --silent bash -c 'umask; yes | true; echo ${{PIPESTATUS[0]}}'"));
    }

    [Fact]
    public void New_Names_AreTheContextsOwn()
    {
        var output = Run("--hostname", "box", "--domainname", "example", "sh", "-c", "hostname; cat /proc/sys/kernel/domainname");
        Assert.Equal("Host name is now box\nDomain name is now example\nNew security context is 49152\nbox\nexample\n", output);
        Assert.Equal("box\n(none)\n", Run("--silent", "--ctx", "0", "--hostname", "box", "--domainname", "none", "sh", "-c", "hostname; cat /proc/sys/kernel/domainname"));
        Assert.NotEqual("box", File.ReadAllText("/proc/sys/kernel/hostname").Trim());
    }

    [Fact]
    public void Context1_SeesAllAndSignalsNone()
    {
        using var other = Process.Start("sleep", "16180");
        try
        {
            var output = Run("--silent", "--ctx", "1", "sh", "-c", $"ps -p {other.Id} -o args=; kill -0 {other.Id} 2>/dev/null || echo refused");
            Assert.Equal("sleep 16180\nrefused\n", output);
            Assert.Contains("process", Run("--silent", "--ctx", "1", "grep", "-c", "", "/proc/stat") + "process", StringComparison.Ordinal);
            Assert.False(other.HasExited);

            // the control: the same without it
            Assert.Equal("", Run("--silent", "--ctx", "0", "sh", "-c", $"kill -0 {other.Id} || echo refused"));
            Assert.Contains("sleep", _host.Expect("--as", "vpstree", "-p", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), StringComparison.Ordinal);
            Assert.Contains($"{other.Id}", _host.Expect("--as", "vtop", "-b", "-n", "1", "-p", $"{other.Id}"), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public void Status_NamedOnTheCommandLine_HasTheClassicLines()
    {
        _host.Add("alpha", "S_CONTEXT=123\n");
        _host.Expect("alpha", "start");
        var pid = Native.Limits.CgroupTree.Detect().Processes(_host.Paths.CgroupOf(VServerName.Parse("alpha"))).First();

        // "How do I know in which security context process N is running" (FAQ)
        var status = Run("--ctx", "1", "cat", $"/proc/{pid}/status");
        Assert.Contains("\ns_context:\t123\n", status, StringComparison.Ordinal);
        Assert.Contains("\nipv4root:\t0\n", status, StringComparison.Ordinal);
        status = Run("--silent", "--secure", "cat", "/proc/self/status");
        Assert.StartsWith("Name:\tcat\n", status, StringComparison.Ordinal);
        Assert.Contains("\ns_context:\t49152\n", status, StringComparison.Ordinal);
        Assert.Contains("\nCapEff:\t0000000", status, StringComparison.Ordinal);
        Assert.DoesNotContain("s_context", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Join_ContextOfAVServer_IsInsideAndOnRecord()
    {
        var alpha = _host.Add("alpha", "S_CONTEXT=123\nS_HOSTNAME=inside\n");
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "sleep 16180 >/dev/null 2>&1 </dev/null & sleep 0.1");

        // "You are now in the same security context as process N. You can kill it, trace it, whatever." (FAQ)
        var output = Run("--ctx", "123", "sh", "-c", "hostname; ps ax -o pid,args | grep '[s]leep 16180' | while read pid rest; do kill $pid && echo ended $rest; done; ls -d /proc/1/root/.");
        Assert.Equal("New security context is 123\ninside\nended sleep 16180\n/proc/1/root/.\n", output);
        Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], new Journal(_host.Paths).Read().Where(e => e is { Operation: "chcontext" } && e.VServer == alpha).Select(e => e.Phase));

        // its own exit code
        Assert.Equal(9, Chcontext("--silent", "--ctx", "123", "sh", "-c", "exit 9").ExitCode);

        // and nobody else can have the number
        _host.Add("beta", "S_CONTEXT=123\n");
        Assert.Equal(ProblemCode.Busy, _host.VServer("--json", "beta", "start").Problem.Code);
    }

    [Fact]
    public void Join_ContextThatRuns_SeesItsProcesses()
    {
        Run("--silent", "--disconnect", "--ctx", "77", "sh", "-c", Background);
        TrialHost.Eventually(() => Run("--silent", "--ctx", "77", "ps", "ax", "-o", "args").Contains("\nsleep 16180\n", StringComparison.Ordinal), "the command runs");
        var row = Assert.Single(_host.Expect("--as", "vps", "ax", "-o", "pid,args").Split('\n'), l => l.EndsWith(" sleep 16180", StringComparison.Ordinal) && !l.Contains("vserver-context", StringComparison.Ordinal));
        Assert.Matches("^ *[0-9]+    77  ", row);

        // a vserver cannot take the number meanwhile
        _host.Add("alpha", "S_CONTEXT=77\n");
        var refused = _host.VServer("--json", "alpha", "start").Problem;
        Assert.Equal(ProblemCode.Busy, refused.Code);

        // it ends when its last process does
        _host.Expect("--as", "vkill", "-9", row.Trim().Split(' ')[0]);
        TrialHost.Eventually(() => Groups().All(g => CgroupTree.Detect().Processes(g).Count == 0), "the context ends");
        Run("--silent", "--ctx", "0", "true");
        Assert.DoesNotContain(Groups(), g => g.EndsWith(".context-77", StringComparison.Ordinal));
        _host.Expect("alpha", "start");
    }

    [Fact]
    public void Background_ProcessOfACommand_OutlivesIt()
    {
        // who reads the output sees its end, though a process goes on
        Assert.Equal("done\n", Run("--silent", "sh", "-c", "sleep 16180 >/dev/null 2>&1 & echo done"));
        var group = Assert.Single(Groups());
        Assert.Contains(CgroupTree.Detect().Processes(group), p => File.ReadAllText($"/proc/{p}/cmdline") == "sleep\016180\0");
    }

    [Fact]
    public void Flags_LockPrivateFakeinitNproc_DoWhatTheySay()
    {
        Assert.Equal("1\n", Run("--silent", "--flag", "fakeinit", "sh", "-c", "echo $$"));
        Assert.Equal("refused\n", Run("--silent", "--flag", "lock", "sh", "-c", "unshare --pid --fork true 2>/dev/null || echo refused"));
        Assert.Equal("ok\n", Run("--silent", "sh", "-c", "unshare --pid --fork true && echo ok"));
        Assert.NotEqual(0, Chcontext("--silent", "--flag", "lock", HostCommand.Path, "--as", "chcontext", "true").ExitCode);

        Run("--silent", "--disconnect", "--ctx", "78", "--flag", "private", "sh", "-c", Background);
        var joined = Chcontext("--silent", "--ctx", "78", "true");
        Assert.Equal(1, joined.ExitCode);
        Assert.Contains("78 is private", joined.Error, StringComparison.Ordinal);

        var crowd = TrialHost.Run("bash", "-c", $"ulimit -Su 40; VSERVER_PREFIX={_host.Prefix.Directory} {HostCommand.Path} --as chcontext --silent --flag nproc bash -c 'cat /sys/fs/cgroup/pids$(grep :pids: /proc/self/cgroup | cut -d: -f3)/pids.max' 2>&1 || true");
        Assert.SkipUnless(CgroupTree.Detect().Controllers.ContainsKey("pids"), "the rest reads cgroup version 1");
        Assert.Equal("40\n", crowd);
    }

    [Fact]
    public void Capabilities_TakenAway_CannotBeHadAgain()
    {
        Assert.Equal("refused\n", Run("--silent", "--cap", "!CAP_CHOWN", "sh", "-c", $"chown 5 {_host.Prefix.Directory} 2>/dev/null || echo refused"));
        Assert.Equal("refused\n", Run("--silent", "--secure", "sh", "-c", "mount -t tmpfs none /mnt 2>/dev/null || echo refused"));
        Assert.Equal("ok\n", Run("--silent", "--secure", "--cap", "CAP_SYS_ADMIN", "sh", "-c", "mount -t tmpfs none /mnt && echo ok"));
        Assert.DoesNotContain(" /mnt ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal("refused\n", _host.Expect("--as", "reducecap", "--cap_chown", "sh", "-c", $"chown 5 {_host.Prefix.Directory} 2>/dev/null || echo refused"));
        Assert.Contains("CAP_NET_ADMIN            no      no", _host.Expect("--as", "reducecap", "--secure", "--show"), StringComparison.Ordinal);
    }

    [Fact]
    public void Personal_Box_IsForEverybody()
    {
        var copy = OthersCommand();
        using var own = AsNobody("sleep", "16180");
        var output = Read("--hostname", "box", "sh", "-c", $"id -u; hostname; ps ax -o args=; kill {own.Id} 2>/dev/null || echo refused; grep CapEff /proc/self/status");
        SkipWithoutNamespaces(output);
        Assert.Matches("(?s)^Host name is now box\nNew security context is [0-9]{5,}\n65534\nbox\n.*refused\nCapEff:\\s*0{16}\n$", output);
        Assert.DoesNotContain("16180", output.Split("refused")[0].Replace($"kill {own.Id}", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("only root in context 0", Read("--ctx", "5", "true"), StringComparison.Ordinal);
        Assert.Contains("only root in context 0", Read("--ctx", "0", "true"), StringComparison.Ordinal);
        own.Kill();

        string Read(params string[] words)
        {
            using var process = AsNobody([copy, "--as", "chcontext", .. words]);
            process.StandardInput.Close();
            return process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        }
    }

    [Fact]
    public void Choose_InAnotherContext_IsRefused()
    {
        var inner = Chcontext("--silent", HostCommand.Path, "--as", "chcontext", "--ctx", "5", "true");
        Assert.Equal(1, inner.ExitCode);
        Assert.Contains("this is another context", inner.Error, StringComparison.Ordinal);

        // a new one is a new one, anywhere
        Assert.Equal("New security context is 49153\n", Run("--silent", HostCommand.Path, "--as", "chcontext", "true"));
    }

    [Fact]
    public async Task Terminate_OfChcontext_EndsTheCommand()
    {
        using var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(StringComparer.Ordinal), HostCommand.Path, "--as", "chcontext", "--silent", "sh", "-c", "trap 'echo ended; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        _ = Libc.kill(process.Id, Libc.SIGTERM);
        Assert.Equal("ended", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(3, process.ExitCode);
    }

    private CommandOutput Chcontext(params string[] words) => _host.VServer(["--as", "chcontext", .. words]);

    private string Run(params string[] words) => _host.Expect(["--as", "chcontext", .. words]);

    private List<string> Groups() => [.. CgroupTree.Detect().PathsOf(_host.Paths.CgroupParent).Where(Directory.Exists)
        .SelectMany(d => Directory.EnumerateDirectories(d, ".context-*"))
        .Select(d => $"{_host.Paths.CgroupParent}/{Path.GetFileName(d)}")
        .Distinct(StringComparer.Ordinal)
        .Where(d => !d.EndsWith(".context-1", StringComparison.Ordinal))];

    // the command as others find it when it is installed: in a directory that they can enter
    private string OthersCommand()
    {
        var directory = $"{_host.Prefix.Directory}/others";
        Directory.CreateDirectory(directory);
        TrialHost.Run("cp", HostCommand.Path, Path.Combine(Path.GetDirectoryName(HostCommand.Path)!, "libMonoPosixHelper.so"), directory);
        TrialHost.Run("chmod", "-R", "a+rX", _host.Prefix.Directory + "/others");
        TrialHost.Run("chmod", "a+x", _host.Prefix.Directory);
        return directory + "/vserver";
    }

    private static void SkipWithoutNamespaces(string output) =>
        Assert.SkipWhen(Regex.IsMatch(output, "allows its users no namespaces", RegexOptions.None, TimeSpan.FromSeconds(5)), "this host allows its users no namespaces");

    private static Process AsNobody(params string[] words) => new ChildProcess
    {
        Program = "setpriv",
        Arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--", .. words],
    }.StartRedirected();
}
