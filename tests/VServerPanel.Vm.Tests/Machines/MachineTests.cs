namespace VServerPanel.Vm.Tests.Machines;

/// <summary>The machines themselves: what every other test in them relies on.</summary>
public abstract class MachineTests(StockMachine machine, string release)
{
    [Fact]
    public void Run_Script_TellsOutputErrorAndExitCode() =>
        Assert.Equal(new MachineOutput(3, "out\n", "ä\n"), machine.Run("echo out; echo ä >&2; exit 3"));

    [Fact]
    public void Run_ScriptThatHangs_IsEnded() => Assert.Equal(124, machine.Run("sleep 1000", seconds: 1).ExitCode);

    [Fact]
    public void Kernel_Is_TheOneThatWasAskedFor() => Assert.StartsWith(release, machine.Expect("uname -r"), StringComparison.Ordinal);

    [Fact]
    public void Cgroups_Are_VersionTwoAlone() => Assert.Equal("cgroup2", machine.Expect("awk '$3 ~ /^cgroup/ { print $3 }' /proc/mounts").Trim());

    [Fact]
    public void Exchange_File_GoesBothWays()
    {
        File.WriteAllText(machine.Exchange + "/question", "7");
        machine.Expect("echo $(($(cat /vm/exchange/question) * 6)) > /vm/exchange/answer");
        Assert.Equal("42\n", File.ReadAllText(machine.Exchange + "/answer"));
    }
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61MachineTests(Debian61Machine machine) : MachineTests(machine, "6.1.");

[Collection(Debian612Machine.Name)]
public sealed class Debian612MachineTests(Debian612Machine machine) : MachineTests(machine, "6.12.");

[Collection(WithoutBpfLsmMachine.Name)]
public sealed class WithoutBpfLsmMachineTests(WithoutBpfLsmMachine machine) : MachineTests(machine, "6.1.");
