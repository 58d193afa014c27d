using VServerPanel.Native.Commands;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Operations;

public sealed class PlanTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    public static TheoryData<string> ToolsThatBecomeAnother => [.. ToolTable.Tools.Where(t => t.BecomesAnother).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(ToolsThatBecomeAnother))]
    public void Run_ToolThatBecomesAnother_NeverRunsItForAPlan(string tool)
    {
        foreach (var option in (string[])["--plan", "--detach", "--json"])
        {
            var answer = HostCommand.Run(_prefix, option, "--as", tool, "stop");
            Assert.Equal(ExitCodes.Usage, answer.ExitCode);
            Assert.Contains("without --json, --plan and --detach", answer.Output + answer.Error, StringComparison.Ordinal);
        }
    }
}
