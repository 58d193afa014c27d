using System.Text.Json;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Native.Limits;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Isolation;

public sealed class PolicyTests
{
    private static readonly HashSet<string> s_everything = [.. CapabilityNames.All];

    [Fact]
    public void Capabilities_Default_IsAllButTheSecureSet()
    {
        var capabilities = GuestCapabilities.Compute(new VServerConf(), InitStyle.Sysv, s_everything, _ => { });
        Assert.Equal(CapabilityNames.All.Except(SecureSet.Names), capabilities);
        Assert.Equal(41, CapabilityNames.All.Count);
        Assert.All(SecureSet.Names, n => Assert.Contains(n, CapabilityNames.All));
        Assert.Contains("CAP_SYS_BOOT", GuestCapabilities.Compute(new VServerConf(), InitStyle.Init, s_everything, _ => { }));
    }

    [Fact]
    public void Capabilities_GivenAndTaken_WithinOurOwn()
    {
        var warnings = new List<string>();
        var conf = VServerConf.From(ConfFile.Parse("S_CAPS=\"CAP_IPC_LOCK CAP_SYS_RESOURCE CAP_NET_RAW !CAP_KILL\"\n")).Conf;
        var bounding = new HashSet<string>(s_everything);
        bounding.Remove("CAP_SYS_RESOURCE");
        bounding.Remove("CAP_CHOWN");
        var capabilities = GuestCapabilities.Compute(conf, InitStyle.Sysv, bounding, warnings.Add);
        Assert.Contains("CAP_IPC_LOCK", capabilities);
        Assert.DoesNotContain("CAP_KILL", capabilities);
        Assert.DoesNotContain("CAP_SYS_RESOURCE", capabilities);
        Assert.DoesNotContain("CAP_CHOWN", capabilities);
        Assert.Equal(2, warnings.Count);
    }

    [Theory]
    [InlineData(500ul, 1000ul, 500ul, 1000ul, 0)]
    [InlineData(5000ul, 9000ul, 4096ul, 4096ul, 1)]
    [InlineData(null, 100ul, 100ul, 100ul, 0)]
    [InlineData(100ul, null, 100ul, 4096ul, 0)]
    public void Limits_BeyondOurs_AreLoweredAndSaid(ulong? soft, ulong? hard, ulong expectedSoft, ulong expectedHard, int said)
    {
        var warnings = new List<string>();
        var clamped = ProcessLimits.Clamp([new ResourceLimit("RLIMIT_NOFILE", soft, hard)], _ => new Libc.Rlimit { Soft = 1024, Hard = 4096 }, mayRaise: false, warnings.Add);
        Assert.Equal(new OciRlimit("RLIMIT_NOFILE", expectedSoft, expectedHard), Assert.Single(clamped));
        Assert.Equal(said, warnings.Count);
    }

    [Theory]
    [InlineData(InitStyle.Sysv)]
    [InlineData(InitStyle.Init)]
    [InlineData(InitStyle.Systemd)]
    public void Bundle_EachStyle_HasWhatItNeedsAndNoMore(InitStyle style)
    {
        var spec = new GuestSpec
        {
            Hostname = "h",
            Cgroup = "/vservers/a",
            RootPath = "/mnt",
            IdBase = 0x70000000,
            IdCount = 65536,
            Style = style,
            Network = NetworkMode.Shared,
            Capabilities = ["CAP_CHOWN"],
            MemoryLimit = 1 << 26,
            PidsLimit = 10,
            CpuLimit = 0.5,
            Reaper = "/usr/bin/catatonit",
        };
        var json = JsonSerializer.SerializeToElement(GuestBundle.Build(spec), OciJson.Default.OciSpec);
        var linux = json.GetProperty("linux");
        Assert.Equal("/vservers/a", linux.GetProperty("cgroupsPath").GetString());
        Assert.Equal(0x70000000u, linux.GetProperty("uidMappings")[0].GetProperty("hostID").GetUInt32());
        Assert.Equal(50_000, linux.GetProperty("resources").GetProperty("cpu").GetProperty("quota").GetInt64());
        Assert.DoesNotContain(linux.GetProperty("namespaces").EnumerateArray(), n => n.GetProperty("type").GetString() == "network");
        var mounts = json.GetProperty("mounts").EnumerateArray().Select(m => m.GetProperty("destination").GetString()!).ToList();
        Assert.Equal(style == InitStyle.Systemd, mounts.Contains("/sys/fs/cgroup"));
        Assert.Equal(style == InitStyle.Systemd, mounts.IndexOf("/sys") < mounts.IndexOf("/sys/fs/cgroup"));
        Assert.Equal(style == InitStyle.Sysv, mounts.Contains("/dev/.vsinit"));
        Assert.Equal(style != InitStyle.Sysv, json.GetProperty("process").GetProperty("terminal").GetBoolean());
        var refused = linux.GetProperty("seccomp").GetProperty("syscalls").EnumerateArray().SelectMany(s => s.GetProperty("names").EnumerateArray()).Select(n => n.GetString()).ToList();
        Assert.Equal(style == InitStyle.Sysv, refused.Contains("reboot"));
        Assert.Contains("clone3", refused);
    }

    [Fact]
    public void MountPoint_NeverHidesWhatIsNeeded()
    {
        Assert.NotEqual("/mnt", RootMountPoint.Choose(["/mnt/data/vservers"]));
        Assert.Contains(RootMountPoint.Choose([]), (string[])["/mnt", "/media", "/srv", "/opt"]);
    }
}
