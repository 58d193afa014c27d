using System.Globalization;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Readdressing;

/// <summary>In a network namespace that stands for the host's.</summary>
[Collection(RealHost.Name)]
public sealed class ReaddressTests : IDisposable
{
    private const string Conf = "# kept\nIPROOT=\"10.78.0.2/24 fd78::2/64\" # ours\nIPROOTDEV=site\n\nS_HOSTNAME=shop.example.org\n# the end\n";
    private const string Interfaces = "# was 10.78.0.2\nauto eth0\niface eth0 inet static\n\taddress 10.78.0.2/24\n\tgateway 10.78.0.1\n\tdns 10.78.0.20\n";

    private readonly TrialHost _host = new();
    private readonly PrivateNetwork _network = new("10.78.0.1/24", "fd78::1/64");
    private readonly VServerName _shop;

    public ReaddressTests()
    {
        _shop = _host.Add("shop", Conf, hasInit: false);
        Write("etc/hosts", "127.0.0.1\tlocalhost\n10.78.0.2\tshop.example.org shop # shop\n10.78.0.20 shopping shop\n");
        Write("etc/hostname", "shop\n");
        Write("etc/mailname", "shop.example.org\n");
        Write("etc/network/interfaces", Interfaces);
    }

    public void Dispose()
    {
        _host.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Readdress_Stopped_ChangesTheseWordsAndNoOthers()
    {
        File.SetUnixFileMode(Path("etc/hosts"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Expect("shop", "readdress", "--hostname", "store.example.net", "--ip", "10.78.0.9/25", "fd78::9/64");

        Assert.Equal(Conf.Replace("10.78.0.2/24 fd78::2/64", "10.78.0.9/25 fd78::9/64", StringComparison.Ordinal).Replace("shop.example.org", "store.example.net", StringComparison.Ordinal), File.ReadAllText(_host.Paths.ConfOf(_shop)));
        Assert.Equal("127.0.0.1\tlocalhost\n10.78.0.9\tstore.example.net store # shop\n10.78.0.20 shopping shop\n", Read("etc/hosts"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("etc/hosts")));
        Assert.Equal(("store\n", "store.example.net\n"), (Read("etc/hostname"), Read("etc/mailname")));
        Assert.Equal(Interfaces.Replace("address 10.78.0.2/24", "address 10.78.0.9/25", StringComparison.Ordinal), Read("etc/network/interfaces"));
        Assert.Empty(Directory.GetFiles(Path("etc"), ".*"));
    }

    [Fact]
    public void Readdress_NetplanAndNetworkManager_HaveTheNewAddresses()
    {
        const string Netplan = "network:\n  version: 2\n  ethernets:\n    eth0:\n      # was 10.78.0.2\n      addresses: [10.78.0.2/24, \"fd78::2/64\"]\n      routes:\n        - to: default\n          via: 10.78.0.1\n";
        const string Keyfile = "[connection]\nid=site\n\n[ipv4]\naddress1=10.78.0.2/24,10.78.0.1\ndns=10.78.0.20;\nmethod=manual\n\n[ipv6]\naddress1=fd78::2/64\n";
        foreach (var (path, content) in ((string, string)[])[("etc/netplan/01-site.yaml", Netplan), ("etc/netplan/old.yaml.bak", Netplan), ("etc/NetworkManager/system-connections/site.nmconnection", Keyfile)])
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(path))!);
            Write(path, content);
            File.SetUnixFileMode(Path(path), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Expect("shop", "readdress", "--ip", "10.78.0.9/25", "fd78::9/64");
        Assert.Equal(Netplan.Replace("10.78.0.2/24", "10.78.0.9/25", StringComparison.Ordinal).Replace("fd78::2/64", "fd78::9/64", StringComparison.Ordinal), Read("etc/netplan/01-site.yaml"));
        Assert.Equal(Netplan, Read("etc/netplan/old.yaml.bak"));
        Assert.Equal(Keyfile.Replace("10.78.0.2/24", "10.78.0.9/25", StringComparison.Ordinal).Replace("fd78::2/64", "fd78::9/64", StringComparison.Ordinal), Read("etc/NetworkManager/system-connections/site.nmconnection"));

        // it may hold secrets
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("etc/NetworkManager/system-connections/site.nmconnection")));
    }

    [Fact]
    public void Readdress_NoGuestFiles_LeavesThem()
    {
        Expect("shop", "readdress", "--ip", "10.78.0.9/24", "--guest-files", "no");
        Assert.Contains("IPROOT=\"10.78.0.9/24\" # ours", File.ReadAllText(_host.Paths.ConfOf(_shop)), StringComparison.Ordinal);
        Assert.Equal(Interfaces, Read("etc/network/interfaces"));
    }

    [Fact]
    public void Plan_Each_IsADiffAndChangesNothing()
    {
        var before = Everything();
        var result = Assert.IsType<ResultEvent>(VServer("--json", "--plan", "shop", "readdress", "--hostname", "store.example.net", "--ip", "10.78.0.9/24").Events[^1]);
        var plan = WireProtocol.FromElement<OperationPlan>(result.Data!.Value);
        Assert.Empty(plan.Problems);
        Assert.Contains(plan.Warnings, w => w.Contains("fd78::2 goes", StringComparison.Ordinal));
        Assert.Equal([_host.Paths.ConfOf(_shop), Path("etc/hostname"), Path("etc/mailname"), Path("etc/hosts"), Path("etc/network/interfaces")], plan.Changes!.Select(c => c.Path));

        // the real patch(1) can read them
        Assert.SkipUnless(File.Exists("/usr/bin/patch"), "there is no patch(1)");
        foreach (var change in plan.Changes!)
        {
            var (copy, diff) = ($"{_host.Prefix.Paths.Run}/copy", $"{_host.Prefix.Paths.Run}/diff");
            File.Copy(change.Path, copy, overwrite: true);
            File.WriteAllText(diff, change.Diff);
            TrialHost.Run("patch", "--quiet", copy, diff);
            Assert.NotEqual(File.ReadAllText(change.Path), File.ReadAllText(copy));
        }

        Assert.Equal(before, Everything());
        Assert.Contains("+\taddress 10.78.0.9/24\n", Expect("--plan", "shop", "readdress", "--ip", "10.78.0.9/24"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.78.0.1/24", ProblemCode.AddressInUse)] // the host's
    [InlineData("10.78.0.3/24", ProblemCode.AddressInUse)] // another vserver's
    [InlineData("10.78.0.300/24", ProblemCode.InvalidConfiguration)]
    public void Readdress_Impossible_ChangesNothing(string address, ProblemCode code)
    {
        _host.Add("beta", "IPROOT=10.78.0.3/24\n", hasInit: false);
        var before = Everything();
        Assert.Equal(code, Assert.IsType<ProblemEvent>(VServer("--json", "shop", "readdress", "--ip", address).Events[^1]).Code);
        Assert.Equal(before, Everything());
        var plan = WireProtocol.FromElement<OperationPlan>(Assert.IsType<ResultEvent>(VServer("--json", "--plan", "shop", "readdress", "--ip", address).Events[^1]).Data!.Value);
        Assert.Equal(code, plan.Problems[0].Code);
    }

    [Fact]
    public void Readdress_AnotherMachineHasIt_IsRefused()
    {
        // the other end of the cable answers for it
        _network.Do(() =>
        {
            TrialHost.Run("ip", "netns", "add", $"vs-other-{Environment.ProcessId}");
            TrialHost.Run("ip", "link", "set", "wire", "netns", $"vs-other-{Environment.ProcessId}");
            TrialHost.Run("ip", "-n", $"vs-other-{Environment.ProcessId}", "address", "add", "10.78.0.9/24", "dev", "wire");
            TrialHost.Run("ip", "-n", $"vs-other-{Environment.ProcessId}", "link", "set", "wire", "up");
            return true;
        });
        try
        {
            var problem = Assert.IsType<ProblemEvent>(VServer("--json", "shop", "readdress", "--ip", "10.78.0.9/24").Events[^1]);
            Assert.Equal(ProblemCode.AddressInUse, problem.Code);
            Assert.Contains("Another machine", problem.Message, StringComparison.Ordinal);
            Expect("shop", "readdress", "--ip", "10.78.0.10/24");
        }
        finally
        {
            TrialHost.Run("ip", "netns", "delete", $"vs-other-{Environment.ProcessId}");
        }
    }

    [Fact]
    public void Readdress_HostileSymlinks_AreNotFollowed()
    {
        var outside = $"{_host.Prefix.Paths.Run}/outside";
        Directory.CreateDirectory(outside);
        foreach (var file in (string[])["hostname", "interfaces"])
        {
            File.WriteAllText($"{outside}/{file}", "shop.example.org 10.78.0.2\n");
        }

        File.Delete(Path("etc/hostname"));
        File.CreateSymbolicLink(Path("etc/hostname"), $"{outside}/hostname");
        File.Delete(Path("etc/mailname"));
        File.CreateSymbolicLink(Path("etc/mailname"), "hosts");
        Directory.Delete(Path("etc/network"), recursive: true);
        Directory.CreateSymbolicLink(Path("etc/network"), outside);
        TrialHost.Run("mkfifo", Path("etc/sysconfig-fifo"));
        Directory.CreateDirectory(Path("etc/sysconfig"));
        File.Move(Path("etc/sysconfig-fifo"), Path("etc/sysconfig/network"));

        var output = VServer("shop", "readdress", "--hostname", "store.example.net", "--ip", "10.78.0.9/24");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains("'/etc/hostname'", output.Error + output.Output, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(outside), f => Assert.Equal("shop.example.org 10.78.0.2\n", File.ReadAllText(f)));
        Assert.Equal(2, Directory.GetFileSystemEntries(outside).Length);
        Assert.NotNull(new FileInfo(Path("etc/mailname")).LinkTarget);
        Assert.Contains("10.78.0.9\tstore.example.net", Read("etc/hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public void Readdress_Running_HasThemAtOnce()
    {
        Expect("shop", "start");
        var init = State().Init;
        Expect("shop", "readdress", "--hostname", "store.example.net", "--ip", "10.78.0.9/24");
        Assert.Equal(init, State().Init);
        Assert.Equal("store.example.net\n", Expect("shop", "exec", "hostname"));
        Assert.Equal(["10.78.0.9/24"], OnDevice());
    }

    [Fact]
    public void Readdress_RunningAndUntied_IsStoppedAndStarted()
    {
        File.WriteAllText(_host.Paths.ConfOf(_shop), "IPROOT=\n");
        Expect("shop", "start");
        var init = State().Init;
        var output = VServer("shop", "readdress", "--ip", "site:10.78.0.9/24");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains("stopped and started", output.Error + output.Output, StringComparison.Ordinal);
        Assert.NotEqual(init, State().Init);
        Assert.Equal(["10.78.0.9/24"], OnDevice());
    }

    [Fact]
    public void Readdress_StoppedForItAndTheStartFails_RunsAgainAsItWas()
    {
        File.WriteAllText(_host.Paths.ConfOf(_shop), "IPROOT=\nS_HOSTNAME=shop.example.org\n");
        File.WriteAllText(_host.Paths.HookOf(_shop), $"#!/bin/sh\n[ \"$1\" != pre-start ] || ! grep -q 10.78.0.9 {_host.Paths.ConfOf(_shop)}\n");
        File.SetUnixFileMode(_host.Paths.HookOf(_shop), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Expect("shop", "start");
        var init = State().Init;
        var before = Everything();

        var failed = VServer("--json", "shop", "readdress", "--hostname", "store.example.net", "--ip", "site:10.78.0.9/24");

        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains(failed.Events.OfType<LogEvent>(), e => e.Text == "shop has been started again as it was.");
        Assert.Equal(before, Everything());
        Assert.NotEqual(init, State().Init);
        Assert.Equal("shop.example.org\n", Expect("shop", "exec", "hostname"));
        Assert.Empty(Directory.GetFiles(_host.Paths.Undo));
    }

    [Fact]
    public void Replace_ItsRootPutsSomethingElseThere_IsHisAndNoFailure()
    {
        // where the new content is written before it is renamed over
        Directory.CreateDirectory(Path("etc/.hostname.vserver-new"));
        var (old, changed) = ("shop\n"u8.ToArray(), "store\n"u8.ToArray());
        Assert.False(Native.Readdressing.GuestEdits.Replace(_host.Paths, _shop, "etc/hostname", old, changed));
        new Native.Readdressing.RestoreGuestFile(_shop, "etc/hostname", changed, old).Run(_host.Paths);
        Assert.Equal("shop\n", Read("etc/hostname"));
    }

    [Fact]
    public void Readdress_KilledAtEachPoint_IsWhollyOldOrWhollyNew()
    {
        Expect("shop", "start");
        var old = Everything();
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 80);
            var result = _network.Do(() => HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "shop", "readdress", "--hostname", "store.example.net", "--ip", "10.78.0.9/24", "fd78::9/64"));
            Expect("--as", "vserver-jobs", "recover");
            var isOld = Everything() == old;
            Assert.Equal(isOld ? "10.78.0.2/24" : "10.78.0.9/24", Assert.Single(OnDevice()));
            Assert.Equal(isOld ? "shop.example.org\n" : "store.example.net\n", Expect("shop", "exec", "hostname"));
            if (!isOld)
            {
                Assert.Equal(("store\n", "store.example.net\n"), (Read("etc/hostname"), Read("etc/mailname")));
                Assert.Contains("10.78.0.9\tstore.example.net store", Read("etc/hosts"), StringComparison.Ordinal);
                Assert.Contains("address 10.78.0.9/24", Read("etc/network/interfaces"), StringComparison.Ordinal);
                Assert.Contains("10.78.0.9/24", File.ReadAllText(_host.Paths.ConfOf(_shop)), StringComparison.Ordinal);
            }

            if (!result.WasKilled)
            {
                Assert.Equal((0, false), (result.ExitCode, isOld));
                Assert.InRange(point, 15, 80);
                return;
            }

            if (!isOld)
            {
                Expect("shop", "readdress", "--hostname", "shop.example.org", "--ip", "10.78.0.2/24", "fd78::2/64");
                Assert.Equal(old, Everything());
            }
        }
    }

    private string Everything() => File.ReadAllText(_host.Paths.ConfOf(_shop)) + string.Concat(((string[])["etc/hosts", "etc/hostname", "etc/mailname", "etc/network/interfaces"]).Select(Read));

    private string Path(string path) => $"{_host.Paths.TreeOf(_shop)}/{path}";

    private string Read(string path) => File.ReadAllText(Path(path));

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(path))!);
        File.WriteAllText(Path(path), text);
    }

    private RunState State() => new RunStateStore(_host.Paths).Find(_shop)!;

    private CommandOutput VServer(params string[] arguments) => _network.Do(() => _host.VServer(arguments));

    private string Expect(params string[] arguments) => _network.Do(() => _host.Expect(arguments));

    private List<string> OnDevice() => _network.Do(() => TrialHost.Run("ip", "-o", "-4", "address", "show", "dev", "site")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]).Where(a => a != "10.78.0.1/24").ToList());
}
