using VServerPanel.Native.Isolation;
using VServerPanel.Native.Network;
using VServerPanel.Native.Tests.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Escape;

/// <summary>A vserver is as good as this list: a program that is root inside tries everything that it must not be able to do. docs/isolation.md has the table.</summary>
[Collection(RealHost.Name)]
public sealed class EscapeTests : IDisposable
{
    private const string HostAddress = "10.77.0.1";

    private const string Address = "IPROOT=\"10.77.0.2/24\"\nIPROOTDEV=site\n";

    private readonly TrialHost _host = new();
    private readonly PrivateNetwork _network = new($"{HostAddress}/24");
    private readonly HostDisk _disk = new();

    public void Dispose()
    {
        _host.Dispose();
        _network.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public void Control_WhereNothingProtects_EachProbeCanSucceed()
    {
        // where trees usually lie, and not on the tests' tmpfs
        var tree = _host.Prefix.Directory + "/control";
        Directory.CreateDirectory(tree + "/bin");
        EscapeProgram.PlantIn(tree, _disk);
        var controls = ((string[])["chroot", "switch"]).Select(how => _network.Do(() => EscapeProgram.RunControl(how, tree, Marker()))).ToArray();
        Assert.All(controls, c => Assert.InRange(c.Count, 150, int.MaxValue));
        var impossible = Verdict.Impossible(GuestCapabilities.ReadBoundingSet().Contains("CAP_SYS_RESOURCE"), controls);
        foreach (var (name, why) in impossible)
        {
            TestContext.Current.TestOutputHelper!.WriteLine($"{name} can succeed nowhere on this machine: {why}");
        }

        Assert.DoesNotContain(impossible, p => p.Why.StartsWith('?'));
        Assert.InRange(impossible.Count, 0, 30);
    }

    [Theory]
    [InlineData("sysv", "shared")]
    [InlineData("sysv", "private")]
    [InlineData("init", "shared")]
    [InlineData("init", "private")]
    [InlineData("systemd", "shared")]
    [InlineData("systemd", "private")]
    public void Probes_InAVServer_AllFail(string style, string network)
    {
        var address = network == "shared" ? Address : ConnectToABridge();
        var name = _host.Add("alpha", $"INIT_STYLE={style}\nNETWORK_MODE={network}\n{address}{EscapeProgram.Conf}");
        DebianRoot.Unpack(_host.Paths, name, style == "systemd" ? "systemd" : "sysvinit");
        var verdicts = RunIn(name);
        Assert.Empty(Verdict.Faults(verdicts, Excepted(style, network)));
        Assert.All((string[])["read-disk", "write-disk", "read-kmsg-node", "mount-disk"], p => Assert.Contains(new Verdict(p, "refused", "EPERM"), verdicts));
    }

    [Fact]
    public void Probes_WithDangerousCapabilities_ReachItsOwnNamespacesOnly()
    {
        var name = _host.Add("alpha", $"{Address}S_CAPS=\"CAP_SYS_ADMIN CAP_NET_RAW CAP_NET_ADMIN CAP_MKNOD CAP_SYS_RAWIO CAP_SYS_MODULE CAP_SYS_TIME CAP_BPF CAP_SYSLOG CAP_LINUX_IMMUTABLE\"\n{EscapeProgram.Conf}", hasInit: false);
        var succeeded = RunIn(name).Where(v => v.Outcome == "SUCCEEDED").Select(v => v.Name).ToHashSet(StringComparer.Ordinal);

        // in namespaces of the vserver's own, or over masks below which all belongs to the host's root
        string[] own =
        [
            "capset", "bounding-set", "sethostname", "unshare-mounts", "unshare-network", "unshare-processes", "unshare-cgroup", "setns-mounts", "mount-tmpfs", "mount-proc", "mount-cgroups",
            "mount-overlay", "bind-over-masked", "umount-masked", "umount-dev", "remount-proc-sys", "remount-sys", "remount-root", "propagation", "fsopen", "fspick", "open-tree", "move-mount",
            "mount-setattr", "mount-32", "pivot-root",
        ];
        Assert.Equal([], succeeded.Except([.. own, .. Excepted("sysv", "shared")]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Probes_InANamespaceOfTheGuestsOwn_ReachNoFurther()
    {
        var name = _host.Add("alpha", $"{Address}NEST=yes\nINIT_STYLE=sysv\n{EscapeProgram.Conf}");
        DebianRoot.Unpack(_host.Paths, name, "sysvinit");
        var succeeded = RunIn(name, "unshare", "--user", "--map-root-user", "--mount", "--net").Where(v => v.Outcome == "SUCCEEDED").Select(v => v.Name).ToHashSet(StringComparer.Ordinal);

        // raw sockets and addresses are those of its new network namespace
        string[] own =
        [
            "capset", "bounding-set", "raw-socket", "raw-socket-6", "raw-header", "netlink-address", "netlink-route", "others-address", "others-address-transparent", "unshare-user",
            "clone-user", "clone-user-high-bits", "clone3-user", "unshare-mounts", "unshare-network", "unshare-processes", "unshare-cgroup", "mount-tmpfs", "mount-overlay", "bind-over-masked",
            "umount-masked", "remount-proc-sys", "remount-root", "propagation", "fsopen", "fspick", "move-mount", "unshare-user-32", "mount-32", "pivot-root",
        ];
        Assert.Equal([], succeeded.Except([.. own, .. Excepted("sysv", "shared")]).Order(StringComparer.Ordinal));
    }

    private string ConnectToABridge() => _network.Do(() =>
    {
        using var socket = new RouteSocket();
        socket.AddBridge("vbr0");
        return "IPROOT=10.78.0.2/24\nIPROOTDEV=vbr0\n";
    });

    private IReadOnlyList<Verdict> RunIn(VServerName name, params string[] through)
    {
        EscapeProgram.PlantIn(_host.Paths.TreeOf(name), _disk);
        using var victim = _network.Do(() => EscapeProgram.StartVictim(HostAddress));
        Start(name);
        var result = _network.Do(() => _host.VServer([name.Value, "exec", .. through, "/bin/escape", "probe", $"marker={Marker()}", .. victim.Words]));
        TestContext.Current.TestOutputHelper!.WriteLine(result.Output + result.Error);
        var verdicts = Verdict.Parse(result.Output);
        Assert.Equal(0, result.ExitCode);
        Assert.InRange(verdicts.Count, 150, int.MaxValue);
        victim.AssertUnharmed();
        _network.Do(() => _host.Expect(name.Value, "stop"));
        return verdicts;
    }

    private void Start(VServerName name)
    {
        var result = _network.Do(() => _host.VServer(name.Value, "start"));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private string Marker()
    {
        var path = _host.Prefix.Directory + "/of-the-host";
        File.WriteAllText(path, "not for vservers\n");
        return path;
    }

    /// <summary>What is not kept away, and said to be so.</summary>
    private List<string> Excepted(string style, string network)
    {
        var report = HostCommand.Run(_host.Prefix, "--as", "vserver-info", "--json").Result<HostReport>();
        List<string> excepted = [];

        // an init ends its own namespace by reboot(2), which reaches no further (pid_namespaces(7))
        if (style != "sysv")
        {
            excepted.Add("reboot");
        }

        // raw packets are those of its own link, and so is whatever address it gives itself there
        if (network == "private")
        {
            excepted.AddRange(["raw-socket", "raw-socket-6", "raw-header", "packet-socket", "packet-datagram", "packet-high-bits", "packet-32", "others-address-transparent"]);
        }

        if (network == "shared")
        {
            AddUnless("bpf-isolation", "abstract-socket");
            AddUnless("bpf-network", "others-address", "hosts-loopback");
        }

        return excepted;

        void AddUnless(string capability, params string[] probes)
        {
            var said = report.Capabilities.Single(c => c.Key == capability);
            if (said.State != CapabilityState.Available)
            {
                TestContext.Current.TestOutputHelper!.WriteLine($"not asked for ({string.Join(", ", probes)}), as vserver-info says: {said.Cost}");
                excepted.AddRange(probes);
            }
        }
    }
}
