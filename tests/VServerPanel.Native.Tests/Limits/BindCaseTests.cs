using System.Globalization;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Limits;

/// <summary>"bind does not work in a vserver (capset failed)" (FAQ): a program that keeps one capability for itself, and wants more open files.</summary>
[Collection(RealHost.Name)]
public sealed class BindCaseTests : IDisposable
{
    // named, lib/isc/unix/os.c: it sets its capabilities to those it needs, and ends where that fails
    private const string Named = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <linux/capability.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/resource.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **words)
        {
            int wanted = atoi(words[1]);
            rlim_t files = strtoul(words[2], 0, 10);
            struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
            struct __user_cap_data_struct data[2];
            struct rlimit limit = { files, files };
            memset(data, 0, sizeof(data));
            data[wanted / 32].permitted = data[wanted / 32].effective = 1u << wanted % 32;
            if (syscall(SYS_capset, &header, data)) {
                printf("capset failed: %s\n", strerror(errno));
                return 1;
            }
            printf("capset works\n");
            printf("files: %s\n", setrlimit(RLIMIT_NOFILE, &limit) ? strerror(errno) : "ok");
            return 0;
        }
        """;

    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("CAP_SYS_RESOURCE")]
    [InlineData("CAP_SYS_NICE")]
    public void Capability_NotGiven_IsRefusedAndGivenWorks(string capability)
    {
        var number = CapabilityNames.All.ToList().IndexOf(capability).ToString(CultureInfo.InvariantCulture);
        Put(_host.Add("plain", "ULIMIT=\"-H -n 512\"\n"));
        Put(_host.Add("given", $"ULIMIT=\"-H -n 512\"\nS_CAPS=\"{capability}\"\n"));
        _host.Expect("plain", "start");
        var refused = _host.VServer("plain", "exec", "/bin/named", number, "256");
        Assert.Equal((1, "capset failed: Operation not permitted\n"), (refused.ExitCode, refused.Output));

        var start = _host.VServer("given", "start");
        Assert.Equal(0, start.ExitCode);
        if (!GuestCapabilities.ReadBoundingSet().Contains(capability))
        {
            Assert.Contains($"S_CAPS gives {capability} back, but this host has taken it from us too", start.Error, StringComparison.Ordinal);
            Assert.Equal(1, _host.VServer("given", "exec", "/bin/named", number, "256").ExitCode);
            Assert.Skip($"{capability} is missing from this host's own bounding set: the message says so, and that it works cannot be tried");
        }

        Assert.Equal("capset works\nfiles: ok\n", _host.Expect("given", "exec", "/bin/named", number, "256"));
    }

    [Fact]
    public void HardLimit_Raised_IsRefusedAndUlimitGivesIt()
    {
        var number = CapabilityNames.All.ToList().IndexOf("CAP_NET_BIND_SERVICE").ToString(CultureInfo.InvariantCulture);
        Put(_host.Add("small", "ULIMIT=\"-H -n 512\"\n"));
        Put(_host.Add("large", "ULIMIT=\"-H -n 2048\"\n"));
        _host.Expect("small", "start");
        _host.Expect("large", "start");
        Assert.Equal("capset works\nfiles: Operation not permitted\n", _host.Expect("small", "exec", "/bin/named", number, "1024"));
        Assert.Equal("capset works\nfiles: ok\n", _host.Expect("large", "exec", "/bin/named", number, "1024"));
    }

    [Fact]
    public void Resource_Given_SaysWhatItDoesNotReach()
    {
        var warnings = new List<string>();
        var conf = new VServerConf { GivenCapabilities = ["CAP_SYS_RESOURCE"] };
        Assert.Contains("CAP_SYS_RESOURCE", GuestCapabilities.Compute(conf, InitStyle.Sysv, CapabilityNames.All.ToHashSet(StringComparer.Ordinal), warnings.Add));
        Assert.Contains("ULIMIT", Assert.Single(warnings), StringComparison.Ordinal);
    }

    private void Put(VServerName name)
    {
        var source = _host.Prefix.Directory + "/named.c";
        File.WriteAllText(source, Named);
        Assert.SkipWhen(Native.ChildProcesses.ChildProcess.Find("gcc") is null, "needs gcc (apt-get install gcc libc6-dev)");
        TrialHost.Run("gcc", "-Wall", "-Werror", "-static", "-o", _host.Paths.TreeOf(name) + "/bin/named", source);
    }
}
