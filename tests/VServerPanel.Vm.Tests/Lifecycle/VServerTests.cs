using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Lifecycle;

/// <summary>Vservers on a host with cgroup version 2 alone.</summary>
public abstract class VServerTests(StockMachine machine)
{
    [Fact]
    public void Start_Limits_StandInItsGroup() =>
        Assert.Equal("67108864\n40\n50000 100000\n", machine.WithVServers().Expect("cd /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/alpha)); cat memory.max pids.max cpu.max"));

    [Fact]
    public void Start_LimitOfProcesses_Holds() =>
        Assert.Contains("can't fork", machine.WithVServers().Run("""inside alpha 'sh -c "for i in \$(seq 60); do sleep 3 & done; wait"'""").Output, StringComparison.Ordinal);

    [Fact]
    public void Exec_InAVServer_IsInItsGroupWhichIsTheRootThere() =>
        Assert.Equal("0::/\n0::/vservers/ID\n", machine.WithVServers().Expect("inside beta cat /proc/self/cgroup; inside beta 'sleep 1234 & echo' > /dev/null; sed s/$(basename $(readlink /var/run/vservers/beta))/ID/ /proc/$(pgrep -x -f 'sleep 1234')/cgroup; inside beta 'kill $!'"));

    [Fact]
    public void StartAndStop_AnotherOne_LeavesNothing()
    {
        var output = machine.WithVServers().Expect("""
            vserver gamma build --method tar --source small.tar > /dev/null 2>&1
            for life in 1 2; do
                vserver gamma start 2>&1 | grep -i warn || true
                vserver gamma exec echo hello
                group=/sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/gamma))
                test -e $group
                vserver gamma stop > /dev/null 2>&1
                test ! -e $group
            done
            test ! -e /var/run/vservers/gamma
            grep -c gamma /proc/self/mountinfo || true
            vserver gamma delete --confirm gamma --now > /dev/null 2>&1
            ls -d /vservers/gamma 2>&1 || true
            """, seconds: 120);
        Assert.Equal("hello\nhello\n0\nls: cannot access '/vservers/gamma': No such file or directory\n", output);
    }

    [Fact]
    public void Stat_RunningOnes_AreCounted() =>
        Assert.Matches(@"alpha\s*\n(.*\n)*.*beta", machine.WithVServers().Expect("vserver --as vserver-stat"));
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61VServerTests(Debian61Machine machine) : VServerTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612VServerTests(Debian612Machine machine) : VServerTests(machine);
