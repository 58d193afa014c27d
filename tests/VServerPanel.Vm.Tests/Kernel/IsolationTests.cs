using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>Signals and abstract sockets between the host, alpha and beta.</summary>
public abstract class IsolationTests(StockMachine machine)
{
    // of the host's view
    private const string Target = "target=$(grep -lzx 100000 /proc/[0-9]*/cmdline | while read -r f; do p=${f#/proc/}; p=${p%/cmdline}; grep -q /vservers/$(basename $(readlink /var/run/vservers/alpha)) /proc/$p/cgroup && echo $p; done | head -n 1)";

    [Fact]
    public void Signal_FromTheHost_IsRefused() =>
        Assert.Equal("EPERM\nEPERM\nok\n", machine.WithVServers().Expect($"{Target}\nprobe kill $target 9; probe kill $target 15; probe kill $target 0"));

    [Fact]
    public void Signal_KillAllOfAName_ReachesTheHostsOnlyAndVkillTheVServers() => Assert.Equal("host 143\nEPERM there\nalpha 143\n", machine.WithVServers().Expect("""
        mkdir -p /tmp/own
        cp /bin/busybox /tmp/own/httpd
        cp /bin/busybox /vservers/alpha/tmp/httpd
        inside alpha '/tmp/httpd -f -p 81 & serving=$!; sleep 0' > /dev/null
        /tmp/own/httpd -f -p 10.77.0.1:82 & own=$!
        for i in $(seq 100); do [ "$(pidof httpd | wc -w)" = 2 ] && break; sleep 0.1; done
        target=$(pidof httpd | tr ' ' '\n' | grep -vx $own)
        said=$(killall httpd 2>&1 || true)
        set +e
        wait $own 2> /dev/null
        echo "host $?"
        [[ "$said" == *"($target): Operation not permitted"* ]] && test -d /proc/$target && echo EPERM there
        vserver --as vkill $target > /dev/null
        echo "alpha $(inside alpha 'wait $serving; echo $?' | tail -n 1)"
        """));

    [Fact]
    public void Signal_InTheSameVServer_Arrives() =>
        Assert.Equal("143\n", machine.WithVServers().Expect("inside alpha 'sleep 1000 & kill $!; wait $!; echo $?' | grep -v Terminated"));

    [Fact]
    public void Signal_FromItsParent_Arrives() => Assert.Equal("143\n", machine.WithVServers().Expect("""
        sleep 1000 & child=$!
        echo $child > /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/alpha))/cgroup.procs
        test "$(probe kill $child 9)" = EPERM
        kill $child
        set +e
        wait $child
        echo $?
        """));

    [Fact]
    public void Signal_OutOfAVServer_IsRefused() => Assert.Equal("EPERM\nEPERM\nthere\n", machine.WithVServers().Expect("""
        sleep 1000 & outside=$!
        bash -c "echo \$\$ > /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/alpha))/cgroup.procs; probe kill $outside 15; probe kill $outside 0"
        test -d /proc/$outside && echo there
        kill $outside
        """));

    [Fact]
    public void Signal_OfTheKernelItself_Arrives()
    {
        // more than its 64 MiB: the kernel ends it
        Assert.Equal("137\n", machine.WithVServers().Expect("set +e\ninside alpha dd if=/dev/zero of=/dev/null bs=128M count=1 > /dev/null; echo $?"));
        Assert.Equal("137\n", machine.Expect("sleep 1000 & child=$!\nmkdir -p /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/beta))/all\necho $child > /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/beta))/all/cgroup.procs\necho 1 > /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/beta))/all/cgroup.kill\nset +e\nwait $child; echo $?\nrmdir /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/beta))/all"));
    }

    [Fact]
    public void Signal_ByARecordedStep_Arrives() =>
        Assert.Equal("gone\n", machine.WithVServers().Expect("""
            vserver beta exec sleep 4711 > /dev/null 2>&1 & own=$!
            for i in $(seq 100); do target=$(pgrep -x -f 'sleep 4711') && break; sleep 0.1; done
            vserver --as vkill $target > /dev/null
            set +e
            wait $own
            test -d /proc/$target || echo gone
            """));

    [Theory]
    [InlineData("stream")]
    [InlineData("dgram")]
    public void Connect_AbstractName_WithinTheSameContextOnly(string type)
    {
        var output = machine.WithVServers().Expect($$"""
            probe listen {{type}} of-host-{{type}} > /tmp/{{type}} & until_ready /tmp/{{type}}
            inside alpha 'probe listen {{type}} of-alpha-{{type}} > /tmp/{{type}} & echo' > /dev/null
            until_ready /vservers/alpha/tmp/{{type}}
            for to in host alpha; do
                for from in host alpha beta; do echo "$from to $to: $(inside $from probe connect {{type}} of-$to-{{type}})"; done
            done
            [ {{type}} = stream ] || echo "send: $(probe send of-host-dgram) $(inside beta probe send of-host-dgram) $(inside alpha probe send of-alpha-dgram)"
            kill %1
            inside alpha 'kill $!'
            """);
        Assert.Equal(
            """
            host to host: ok
            alpha to host: ECONNREFUSED
            beta to host: ECONNREFUSED
            host to alpha: ECONNREFUSED
            alpha to alpha: ok
            beta to alpha: ECONNREFUSED

            """ + (type == "dgram" ? "send: ok ECONNREFUSED ok\n" : ""),
            output);
    }
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61IsolationTests(Debian61Machine machine) : IsolationTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612IsolationTests(Debian612Machine machine) : IsolationTests(machine);

[Collection(WithoutBpfLsmMachine.Name)]
public sealed class WithoutBpfLsmIsolationTests(WithoutBpfLsmMachine machine) : IsolationTests(machine);
