namespace VServerPanel.Vm.Tests.Machines;

/// <summary>What a script in a virtual machine wrote, and how it ended (124: it was over its time).</summary>
public sealed record MachineOutput(int ExitCode, string Output, string Error)
{
    /// <summary>The output, if the exit code is 0.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        return Output;
    }
}
