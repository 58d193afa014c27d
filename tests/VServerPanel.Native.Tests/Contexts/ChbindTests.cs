using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Contexts;

[Collection(RealHost.Name)]
public sealed class ChbindTests : IDisposable
{
    // prints where a socket on 0.0.0.0 is bound, and whether another address can be had
    private const string Listen = """
        my ($any, $other) = @ARGV;
        use Socket;
        for my $address ($any, $other) {
            socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
            print((bind($s, pack_sockaddr_in(0, inet_aton($address))) ? inet_ntoa((unpack_sockaddr_in(getsockname($s)))[1]) : "refused"), "\n");
        }
        """;

    private readonly TrialHost _host = new();
    private readonly TestDevice _device;

    public ChbindTests()
    {
        _device = TestDevice.Add();
        TrialHost.Run("ip", "addr", "add", "198.51.100.201/24", "broadcast", "198.51.100.255", "dev", _device.Name);
        TrialHost.Run("ip", "addr", "add", "198.51.100.202/24", "dev", _device.Name);
        Assert.SkipWhen(ChildProcess.Find("perl") is null, "needs perl");
        Assert.SkipWhen(new Ipv4Root(_host.Paths, Kernel.ProbeProgram.BpfObject).WhyNot() is { } whyNot && whyNot.Contains("EPERM", StringComparison.Ordinal), "this kernel refuses BPF programs");
    }

    public void Dispose()
    {
        foreach (var group in CgroupTree.Detect().PathsOf(_host.Paths.CgroupParent).Where(Directory.Exists).SelectMany(d => Directory.EnumerateDirectories(d, ".context-*")))
        {
            CgroupTree.Detect().Remove($"{_host.Paths.CgroupParent}/{Path.GetFileName(group)}");
        }

        _device.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void Bind_Any_IsTheAddress()
    {
        Assert.Equal("ipv4root is now 198.51.100.201\n198.51.100.201\nrefused\n", Chbind("--ip", "198.51.100.201", "perl", "-e", Listen, "0.0.0.0", "198.51.100.202"));
        Assert.Equal("ipv4root is now 198.51.100.202 198.51.100.201\n198.51.100.202\n198.51.100.201\n", Chbind("--ip", "198.51.100.202", "--ip", _device.Name, "perl", "-e", Listen, "0.0.0.0", "198.51.100.201"));

        // its own loopback, and the control: not tied
        Assert.Equal("127.0.0.1\n198.51.100.201\n", Chbind("--silent", "--ip", "198.51.100.201", "perl", "-e", Listen, "127.0.0.1", "198.51.100.201"));
        Assert.Equal("ipv4root is now 0.0.0.0\n0.0.0.0\n198.51.100.202\n", Chbind("--ip", "0.0.0.0", "perl", "-e", Listen, "0.0.0.0", "198.51.100.202"));
    }

    [Fact]
    public void Bind_HostsService_LeavesThePortToOthers()
    {
        using var service = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(StringComparer.Ordinal), HostCommand.Path, "--as", "chbind", "--silent", "--ip", "198.51.100.201", "busybox", "nc", "-l", "-p", "18099");
        using var own = new TcpListener(IPAddress.Parse("198.51.100.202"), 18099);
        TrialHost.Eventually(() => TrialHost.Run("ss", "-ltnH").Contains("198.51.100.201:18099", StringComparison.Ordinal), "it listens on its address");
        own.Start();

        // the group is there as long as it runs, in context 0
        Assert.Single(Groups());
        Assert.Contains("    0 MAIN ", _host.Expect("--as", "vps", "-p", $"{service.Id}"), StringComparison.Ordinal);
        service.Kill();
        service.WaitForExit();

        // whoever looks next clears up
        _ = _host.Expect("--as", "vserver-stat");
        Assert.Empty(Groups());
    }

    [Fact]
    public void Bind_ThenNewContext_StaysTied()
    {
        var output = Chbind("--silent", "--ip", "198.51.100.201", HostCommand.Path, "--as", "chcontext", "--silent", "perl", "-e", Listen, "0.0.0.0", "198.51.100.202");
        Assert.Equal("198.51.100.201\nrefused\n", output);
        var status = Chbind("--silent", "--ip", "198.51.100.201/24", "--bcast", _device.Name, "cat", "/proc/self/status");
        Assert.Contains("\ns_context:\t0\nipv4root:\t198.51.100.201/255.255.255.0\nipv4root_bcast:\t198.51.100.255\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_CommandThatIsNotThere_SaysSo()
    {
        var result = _host.VServer("--as", "chbind", "--silent", "--ip", "198.51.100.201", "/no/such/program");
        Assert.Equal((255, "Can't exec /no/such/program (No such file or directory)\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Service_OfAScript_IsTiedToItsAddress()
    {
        // a daemon as scripts start them: it goes to the background by itself
        Directory.CreateDirectory(_host.Prefix.Directory + "/etc/init.d");
        Directory.CreateDirectory(_host.Prefix.Directory + "/etc/vservices");
        var script = _host.Prefix.Directory + "/etc/init.d/apache2";
        File.WriteAllText(script, "#!/bin/sh\n[ \"$1\" = start ] && { busybox httpd -p 18098 -h /tmp; echo started; }\nexit 0\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(_host.Prefix.Directory + "/etc/vservices/httpd.conf", "IP=\"198.51.100.202\"\n");

        Assert.Equal((3, "httpd is stopped\n"), Service("status"));
        Assert.Equal((0, "ipv4root is now 198.51.100.202\nstarted\n"), Service("start"));
        Assert.Contains("198.51.100.202:18098", TrialHost.Run("ss", "-ltnH"), StringComparison.Ordinal);
        Assert.Matches(@"^httpd \(pid [0-9]+\) is running\.\.\.\n$", Service("status").Output);
        Assert.Equal(1, Service("start").ExitCode);
        Assert.Equal(0, Service("restart").ExitCode);
        Assert.Equal(0, Service("stop").ExitCode);
        Assert.DoesNotContain(":18098", TrialHost.Run("ss", "-ltnH"), StringComparison.Ordinal);
        Assert.Equal(3, Service("status").ExitCode);
        Assert.Empty(Groups());
        Assert.Contains("no service", _host.VServer("--as", "v_nosuch", "start").Error, StringComparison.Ordinal);

        // each change was asked for and has ended; looking is no change
        var journal = new Journal(_host.Paths).Read().ToList();
        Assert.All(journal.GroupBy(e => e.OperationId), o => Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], o.Select(e => e.Phase)));
        Assert.Equal(
            ["service-start Succeeded", "service-start Failed", "service-restart Succeeded", "service-stop Succeeded", "service-start Failed"],
            journal.Where(e => e.Phase == JournalPhase.Ended).Select(e => $"{e.Operation} {e.Outcome}"));
        Assert.Equal(["vserver", "--as", "v_httpd", "start"], journal[0].Command);

        (int ExitCode, string Output) Service(string action)
        {
            var result = _host.VServer("--as", "v_httpd", action);
            return (result.ExitCode, result.Output);
        }
    }

    private string Chbind(params string[] words) => _host.Expect(["--as", "chbind", .. words]);

    private List<string> Groups() => [.. CgroupTree.Detect().PathsOf(_host.Paths.CgroupParent).Where(Directory.Exists).SelectMany(d => Directory.EnumerateDirectories(d, ".context-*")).Select(d => Path.GetFileName(d)).Distinct(StringComparer.Ordinal)];
}
