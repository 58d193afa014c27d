using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Renaming;

/// <summary>The command is killed at every step of renaming a vserver that runs: it has its old name or its new one, and never stops running.</summary>
[Collection(RealHost.Name)]
public sealed class LiveRenameCrashTests : IDisposable
{
    private const int MostPoints = 80;

    private static readonly VServerName s_old = VServerName.Parse("alpha");
    private static readonly VServerName s_new = VServerName.Parse("beta");

    private readonly TrialHost _host = new();

    public LiveRenameCrashTests() => _host.MayBeCalled("beta");

    public void Dispose() => _host.Dispose();

    /// <param name="looksNext">Which operation comes next: at boot, or one on the old or the new name.</param>
    [Theory]
    [InlineData("recover")]
    [InlineData("alpha")]
    [InlineData("beta")]
    public void Rename_KilledAtEachStep_RunsOnUnderTheOldNameOrTheNew(string looksNext)
    {
        _host.Add("alpha", "# Description: it\n", hasInit: false, hook: "true\n");
        using var running = new RunningVServer(_host, s_old);
        var (stayed, changed) = (0, 0);
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, MostPoints);
            var killed = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "alpha", "rename", "beta");
            Assert.True(running.Answers());
            if (!killed.WasKilled)
            {
                Assert.Equal(0, killed.ExitCode);
                break;
            }

            if (looksNext == "recover")
            {
                _host.Expect("--as", "vserver-jobs", "recover");
            }
            else
            {
                // the other name answers that there is no such vserver
                Assert.InRange(_host.VServer(looksNext, "exec", "true").ExitCode, 0, 5);
            }

            var isNew = File.Exists(_host.Paths.ConfOf(s_new));
            var (name, other) = isNew ? (s_new, s_old) : (s_old, s_new);
            running.AssertRunsAs(name);
            foreach (var gone in (string[])[_host.Paths.TreeOf(other), _host.Paths.ConfOf(other), _host.Paths.HookOf(other), _host.Paths.ContextOf(other), _host.Paths.RunDirectoryOf(other), Native.Isolation.Monitor.ConsoleLogOf(_host.Paths, other)])
            {
                Assert.False(Path.Exists(gone) || new FileInfo(gone).LinkTarget is not null, $"point {point}: {gone}");
            }

            if (isNew)
            {
                changed++;
                _host.Expect("beta", "rename", "alpha");
                running.AssertRunsAs(s_old);
            }
            else
            {
                stayed++;
            }
        }

        running.AssertRunsAs(s_new);
        Assert.True(stayed > 10 && changed > 5, $"killed {stayed} times before and {changed} times after the point of no return");
    }
}
