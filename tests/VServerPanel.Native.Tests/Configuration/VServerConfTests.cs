using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Configuration;

public sealed class VServerConfTests
{
    [Fact]
    public void From_EmptyFile_HasTheDefaultsOfTheClassics()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse(""));
        Assert.Empty(findings);
        Assert.Equal(4096, conf.PidsLimit);
        Assert.True(conf.IsUntied);
        Assert.Equal((false, 100, VServerFlags.Lock | VServerFlags.Nproc), (conf.OnBoot, conf.Priority, conf.Flags));
        Assert.Equal([new ResourceLimit("RLIMIT_NPROC", null, 1000)], conf.Limits);
        Assert.Equal(NetworkMode.Shared, conf.NetworkMode);
        Assert.Null(conf.InitStyle);
    }

    [Fact]
    public void From_PrivateNetwork_HasItsLinkRoutersAndNameServers()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse("""
            NETWORK_MODE=private
            NETWORK_LINK=macvlan
            IPROOTDEV=eth0
            IPROOT="10.0.0.2/24 10.0.1.2 2001:db8::2/64 192.0.2.7/32"
            IPROOTMASK=255.255.0.0
            GATEWAY="10.0.0.1 fe80::1"
            DNS="10.0.0.53 2001:db8::53"
            """));
        Assert.Empty(findings);
        Assert.Equal(LinkKind.Macvlan, conf.Link);
        Assert.Equal([24, 16, 64, 32], conf.Addresses.Select(a => conf.PrefixOf(a)!.Value));
        Assert.Equal("10.0.0.0/16", conf.NetworkOf(conf.Addresses[1]).ToString());
        Assert.Equal(["10.0.0.1", "fe80::1"], conf.Gateways.Select(g => g.ToString()));
        Assert.Equal(["10.0.0.53", "2001:db8::53"], conf.NameServers.Select(g => g.ToString()));
        Assert.Equal("10.0.0.2%eth0", conf.AddressClaims[0]);
        Assert.Empty(VServerConf.From(ConfFile.Parse("NETWORK_MODE=private\n")).Findings);
        Assert.Empty(VServerConf.From(ConfFile.Parse("NETWORK_MODE=private\nIPROOTDEV=br0\n")).Findings);
        Assert.Empty(VServerConf.From(ConfFile.Parse("NETWORK_MODE=private\nIPROOTDEV=br0\nIPROOT=192.0.2.7/32\nGATEWAY=203.0.113.1\n")).Findings);
    }

    [Theory]
    [InlineData("IPROOT=10.0.0.2/24", "IPROOT", "needs a device to be connected to")]
    [InlineData("NETWORK_LINK=bridge", "NETWORK_LINK", "needs a device to be connected to")]
    [InlineData("NETWORK_LINK=ipvlan\nIPROOTDEV=br0", "NETWORK_LINK", "bridge or macvlan")]
    [InlineData("IPROOT=ALL\nIPROOTDEV=br0", "IPROOT", "network of its own")]
    [InlineData("IPROOT=10.0.0.2\nIPROOTDEV=br0", "IPROOT", "10.0.0.2/24")]
    [InlineData("IPROOT=2001:db8::2\nIPROOTDEV=br0\nIPROOTMASK=24", "IPROOT", "2001:db8::2/64")]
    [InlineData("IPROOT=br1:10.0.0.2/24\nIPROOTDEV=br0", "IPROOT", "Write 10.0.0.2/24")]
    [InlineData("IPROOT=10.0.0.0/24\nIPROOTDEV=br0", "IPROOT", "number of the network 10.0.0.0/24")]
    [InlineData("IPROOT=10.0.0.255/24\nIPROOTDEV=br0", "IPROOT", "broadcast address")]
    [InlineData("IPROOTDEV=br0:1", "IPROOTDEV", "Write br0")]
    [InlineData("IPROOT=10.0.0.2/24\nIPROOTDEV=br0\nGATEWAY=10.0.1.1", "GATEWAY", "none of the vserver's networks (10.0.0.2/24)")]
    [InlineData("IPROOT=10.0.0.2/24\nIPROOTDEV=br0\nGATEWAY=10.0.0.2", "GATEWAY", "own address")]
    [InlineData("IPROOT=10.0.0.2/24\nIPROOTDEV=br0\nGATEWAY=2001:db8::1", "GATEWAY", "address of its kind")]
    [InlineData("IPROOT=10.0.0.2/24\nIPROOTDEV=br0\nGATEWAY='10.0.0.1 10.0.0.3'", "GATEWAY", "one for IPv4")]
    [InlineData("IPROOT=10.0.0.2/24\nIPROOTDEV=br0\nGATEWAY=router", "GATEWAY", "no address of a router")]
    [InlineData("DNS=ns.example.org", "DNS", "no address of a name server")]
    public void From_PrivateNetworkThatCannotBe_IsAnErrorThatSaysWhatToWrite(string text, string key, string message)
    {
        var (_, findings) = VServerConf.From(ConfFile.Parse($"{text}\nNETWORK_MODE=private\n"));
        var finding = Assert.Single(findings);
        Assert.True(finding.IsError);
        Assert.Equal(key, finding.Key);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NETWORK_LINK=bridge", "NETWORK_MODE=private")]
    [InlineData("GATEWAY=10.0.0.1", "NETWORK_MODE=private")]
    [InlineData("DNS='10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4'", "first 3")]
    public void From_UnusedNetworkSettings_AreAWarning(string text, string message)
    {
        var finding = Assert.Single(VServerConf.From(ConfFile.Parse(text + "\n")).Findings);
        Assert.False(finding.IsError);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minit", InitStyle.Init)]
    [InlineData("lock fakeinit", InitStyle.Init)]
    [InlineData("lock", null)]
    public void From_FlagsOfInit_ChooseTheStyle(string flags, InitStyle? style)
    {
        Assert.Equal(style, VServerConf.From(ConfFile.Parse($"S_FLAGS=\"{flags}\"\n")).Conf.InitStyle);
        Assert.Equal(InitStyle.Sysv, VServerConf.From(ConfFile.Parse($"S_FLAGS=\"{flags}\"\nINIT_STYLE=sysv\n")).Conf.InitStyle);
    }

    [Fact]
    public void From_FlagsWithoutEffect_AreToldWithTheReason()
    {
        var (_, findings) = VServerConf.From(ConfFile.Parse("S_FLAGS=\"lock nproc ulimit sched private hideinfo\"\n"));
        Assert.Equal(["sched", "private", "hideinfo"], findings.Select(f => f.Message.Split(' ')[0]));
        Assert.All(findings, f => Assert.False(f.IsError));
    }

    [Fact]
    public void From_FullFile_ReadsEveryKey()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse("""
            # Description: shop
            IPROOT="10.0.0.2 eth1:10.1.0.2/255.255.255.0 2001:db8::2/64"
            IPROOTDEV=eth0
            IPROOTMASK=255.255.0.0
            IPROOTBCAST=10.0.255.255
            NETWORK_MODE=shared
            ONBOOT=yes
            PRIORITY=7
            S_HOSTNAME=shop.example.org
            S_DOMAINNAME=none
            S_NICE=-5
            S_FLAGS="lock nproc ulimit minit"
            ULIMIT="-H -u 200 -n 1024 -c unlimited"
            S_CAPS="CAP_NET_RAW !cap_chown"
            S_CONTEXT=100
            INIT_STYLE=systemd
            MEMORY_LIMIT=512M
            PIDS_LIMIT=300
            CPU_LIMIT=0.5
            START_TIMEOUT=90
            STOP_TIMEOUT=10
            NEST=yes
            """));
        Assert.Empty(findings);
        Assert.Equal("shop", conf.Description);
        Assert.Equal(
            [new ConfAddress(null, IPAddress.Parse("10.0.0.2"), null), new ConfAddress("eth1", IPAddress.Parse("10.1.0.2"), 24), new ConfAddress(null, IPAddress.Parse("2001:db8::2"), 64)],
            conf.Addresses);
        Assert.Equal(("eth0", 16, IPAddress.Parse("10.0.255.255")), (conf.Device, conf.PrefixLength!.Value, conf.Broadcast));
        Assert.Equal((NetworkMode.Shared, true, 7, "shop.example.org", "", -5), (conf.NetworkMode, conf.OnBoot, conf.Priority, conf.Hostname, conf.DomainName, conf.Nice!.Value));
        Assert.Equal(VServerFlags.Lock | VServerFlags.Nproc | VServerFlags.Ulimit | VServerFlags.Minit, conf.Flags);
        Assert.Equal(
            [new("RLIMIT_NPROC", null, 200), new("RLIMIT_NOFILE", null, 1024), new("RLIMIT_CORE", null, ResourceLimit.Unlimited)],
            conf.Limits);
        Assert.Equal(["CAP_NET_RAW"], conf.GivenCapabilities);
        Assert.Equal(["CAP_CHOWN"], conf.TakenCapabilities);
        Assert.Equal((100, InitStyle.Systemd, 512L << 20, 300, 0.5), (conf.Context!.Value, conf.InitStyle!.Value, conf.MemoryLimit!.Value, conf.PidsLimit!.Value, conf.CpuLimit!.Value));
        Assert.Equal((90.0, 10.0, true), (conf.StartTimeout.TotalSeconds, conf.StopTimeout.TotalSeconds, conf.Nest));
    }

    [Theory]
    [InlineData("IPROOT=10.0.0.256")]
    [InlineData("IPROOT=10.0.0")]
    [InlineData("IPROOT=010.0.0.1")]
    [InlineData("IPROOT=0x7f000001")]
    [InlineData("IPROOT=10.0.0.1/33")]
    [InlineData("IPROOT=10.0.0.1/255.0.255.0")]
    [InlineData("IPROOT=2001:db8::1/129")]
    [InlineData("IPROOT=fe80::1%eth0")]
    [InlineData("IPROOT=127.0.0.1")]
    [InlineData("IPROOT=::1")]
    [InlineData("IPROOT=224.0.0.1")]
    [InlineData("IPROOT=::ffff:10.0.0.1")]
    [InlineData("IPROOT='10.0.0.1 10.0.0.1'")]
    [InlineData("IPROOT='10.0.0.1 ALL'")]
    [InlineData("IPROOT=adevicenamethatistoolong:10.0.0.1")]
    [InlineData("IPROOT=$(hostname -i)")]
    [InlineData("IPROOTDEV='eth0 eth1'")]
    [InlineData("IPROOTDEV=-a")]
    [InlineData("IPROOTMASK=255.0.255.0")]
    [InlineData("IPROOTBCAST=x")]
    [InlineData("PRIORITY=1000")]
    [InlineData("S_HOSTNAME=a_b")]
    [InlineData("S_HOSTNAME=-a")]
    [InlineData("S_HOSTNAME=a..b")]
    [InlineData("S_HOSTNAME='a b'")]
    [InlineData("S_HOSTNAME=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz.abcdefghijklmnop")]
    [InlineData("S_DOMAINNAME='a b'")]
    [InlineData("S_NICE=20")]
    [InlineData("S_FLAGS=locked")]
    [InlineData("ULIMIT='-u'")]
    [InlineData("ULIMIT='-z 1'")]
    [InlineData("ULIMIT='-u many'")]
    [InlineData("S_CAPS=CAP_EVERYTHING")]
    [InlineData("S_CAPS='CAP_CHOWN !CAP_CHOWN'")]
    [InlineData("S_CONTEXT=1")]
    [InlineData("INIT_STYLE=upstart")]
    [InlineData("NETWORK_MODE=bridge")]
    [InlineData("MEMORY_LIMIT=lots")]
    [InlineData("MEMORY_LIMIT=512")]
    [InlineData("MEMORY_LIMIT=99999999999T")]
    [InlineData("PIDS_LIMIT=0")]
    [InlineData("CPU_LIMIT=-1")]
    [InlineData("CPU_LIMIT=0")]
    [InlineData("STOP_TIMEOUT=0")]
    [InlineData("NEST=maybe")]
    [InlineData("SHARES=/srv/photos")]
    [InlineData("SHARES=\"/srv/a:/data /srv/b:/data\"")]
    [InlineData("SHARES=\"/srv/a:/data/sub /srv/b:/data\"")]
    [InlineData("S_HOSTNAME='a\u0007'")]
    public void From_WrongValue_IsAnErrorWithLineAndKey(string line)
    {
        var (_, findings) = VServerConf.From(ConfFile.Parse("# one\n" + line + "\n"));
        var error = Assert.Single(findings.Where(f => f.IsError).DistinctBy(f => f.Key, StringComparer.Ordinal));
        Assert.Equal((2, line[..line.IndexOf('=', StringComparison.Ordinal)]), (error.Line, error.Key));
        Assert.NotEmpty(error.Message);
    }

    [Theory]
    [InlineData("ONBOOT=YES", "exactly yes")]
    [InlineData("IPROTT=10.0.0.1", "IPROOT?")]
    [InlineData("iproot=10.0.0.1", "IPROOT?")]
    [InlineData("S_NICE=1\nS_NICE=2", "lines 1, 2")]
    public void From_ProbableMistake_IsAWarning(string text, string expected)
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse(text));
        var warning = Assert.Single(findings);
        Assert.False(warning.IsError);
        Assert.Contains(expected, warning.Message, StringComparison.Ordinal);
        Assert.False(conf.OnBoot);
    }

    [Theory]
    [InlineData("eth0:1:10.0.0.1", "eth0:1", "10.0.0.1")]
    [InlineData("eth0.5:fe80::1", "eth0.5", "fe80::1")]
    [InlineData("dead::beef", null, "dead::beef")]
    public void ConfAddress_DeviceAndColons_AreToldApart(string entry, string? device, string address)
    {
        var parsed = ConfAddress.TryParse(entry, out _);
        Assert.Equal(new ConfAddress(device, IPAddress.Parse(address), null), parsed);
        Assert.Equal(entry, parsed!.ToString());
    }

    [Theory]
    [InlineData("IPROOT=ALL", true, false)]
    [InlineData("IPROOT=0.0.0.0", false, true)]
    [InlineData("IPROOT=", false, true)]
    public void From_WordsForAddresses_MeanWhatTheyDid(string text, bool all, bool untied)
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse(text));
        Assert.Empty(findings);
        Assert.Equal((all, untied), (conf.HasAllAddresses, conf.IsUntied));
    }

    [Fact]
    public void From_SetToNothing_MeansNothing()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse("S_FLAGS=\nULIMIT=\"\"\nPRIORITY=\nINIT_STYLE=\n"));
        Assert.Empty(findings);
        Assert.Equal(VServerFlags.None, conf.Flags);
        Assert.Empty(conf.Limits);
        Assert.Equal(100, conf.Priority);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("-u 5", "NPROC 5 5")]
    [InlineData("-Hn 5", "NOFILE  5")]
    [InlineData("-S -v 4 -t unlimited", "AS 4096 , CPU 18446744073709551615 ")]
    [InlineData("-u 5 -H", "NPROC  5")]
    [InlineData("7", "FSIZE 7168 7168")]
    public void TryParse_Ulimit_IsAsTheShells(string arguments, string expected) => Assert.Equal(
        expected,
        string.Join(", ", ResourceLimits.TryParse(arguments, out _)!.Select(l => $"{l.Resource[7..]} {l.Soft} {l.Hard}")));

    [Fact]
    public void Create_Values_MakesACommentedFileThatReadsBack()
    {
        var file = ConfTemplate.Create("The shop's", new Dictionary<string, string>(StringComparer.Ordinal) { ["S_HOSTNAME"] = "shop", ["IPROOT"] = "10.0.0.2", ["X_OURS"] = "it's" });
        var (conf, findings) = VServerConf.From(file);
        Assert.Equal(("The shop's", "shop", "10.0.0.2"), (conf.Description, conf.Hostname, Assert.Single(conf.Addresses).ToString()));
        Assert.Equal("X_OURS", Assert.Single(findings).Key);
        Assert.StartsWith("# Description: The shop's\n", file.Text, StringComparison.Ordinal);
        Assert.Contains("\n#S_NICE=\"\"\n", file.Text, StringComparison.Ordinal);
        file.Set("S_NICE", "5");
        Assert.Contains("\n#S_NICE=\"\"\nS_NICE=\"5\"\n", file.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_File_IsWholeAndKeepsItsMode()
    {
        var directory = Directory.CreateTempSubdirectory("conf");
        try
        {
            var path = Path.Combine(directory.FullName, "a.conf");
            ConfFile.Parse("A=1\n").Write(path);
            Assert.Equal("-rw-r--r--", Describe(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var file = ConfFile.Read(path);
            file.Set("A", "2");
            file.Write(path);
            Assert.Equal(("-rw-------", "A=2\n"), (Describe(path), File.ReadAllText(path)));
            Assert.Single(directory.GetFiles());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Describe(string path) => (int)File.GetUnixFileMode(path) switch { 0x1A4 => "-rw-r--r--", 0x180 => "-rw-------", var other => Convert.ToString(other, 8) };
}
