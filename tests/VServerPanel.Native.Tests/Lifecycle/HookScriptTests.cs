using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

public sealed class HookScriptTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Run_ScriptWithoutInterpreterLine_IsRunByTheShell()
    {
        Write("echo \"$1 $2\"\n");
        HookScript.Run(_prefix.Paths, s_name, HookScript.PreStart, _prefix.Report);
        Assert.Equal("pre-start web", Assert.Single(_prefix.Report.All<LogEvent>()).Text);
    }

    [Fact]
    public void Run_TakesTooLong_SaysTimeOut()
    {
        Write("#!/bin/sh\nexec sleep 60\n");
        var problem = Assert.Throws<ProblemException>(() => HookScript.Run(_prefix.Paths, s_name, HookScript.PreStart, null, TimeSpan.FromMilliseconds(300)));
        Assert.Equal(ProblemCode.TimedOut, problem.Code);
        Assert.Contains("time-out", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryTake_LeftBehindByOneThatIsGone_OneOfManyGetsIt()
    {
        Assert.True(new RunClaims(_prefix.Paths, "addresses").TryTake("10.0.0.1", s_name));
        var store = new RunStateStore(_prefix.Paths);
        var takers = Enumerable.Range(0, 8).Select(i => VServerName.Parse($"v{i}")).ToList();
        foreach (var taker in takers)
        {
            Directory.CreateDirectory(_prefix.Paths.RunDirectoryOf(taker));
            store.Save(taker, new RunState { Generation = "g", BootId = ProcessIdentity.BootId, Stage = RunStage.Starting, Owner = ProcessMark.Of(Environment.ProcessId), Style = InitStyle.Sysv, Network = NetworkMode.Shared });
        }

        var taken = takers.AsParallel().WithDegreeOfParallelism(8).Count(t => new RunClaims(_prefix.Paths, "addresses").TryTake("10.0.0.1", t));
        Assert.Equal(1, taken);
    }

    private void Write(string text)
    {
        File.WriteAllText(_prefix.Paths.HookOf(s_name), text);
        File.SetUnixFileMode(_prefix.Paths.HookOf(s_name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
