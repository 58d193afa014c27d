using System.Runtime.CompilerServices;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>A host that was taken over, and says nothing or too much.</summary>
public class HostCommandExtensionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, ProblemCode.TimedOut)]
    [InlineData("0123456789abcdef0123456789abcdef", ProblemCode.Terminated)]
    public async Task Ask_NoEndOfTheAnswer_IsNotWaitedForForever(string? job, ProblemCode code)
    {
        var host = new FakeHost();
        host.OnCall("vserver-info", (_, cancel) => Forever(cancel));
        var request = new HostRequest(["vserver-info"]) { JobId = job, Patience = TimeSpan.FromMilliseconds(100) };
        var problem = await Assert.ThrowsAsync<HostProblemException>(() => host.AskAsync<HostReport>(request, Cancel));
        Assert.Equal(code, problem.Code);
        Assert.Contains("host1", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_MoreThanAnyHostHas_IsRefused()
    {
        var host = new FakeHost();
        host.On("vserver-jobs list", _ => Enumerable.Repeat(new ItemEvent(ItemKinds.Job, WireProtocol.ToElement(new JobInfo { Id = "x", Operation = "x", Actor = new Actor("x"), Command = [], State = JobState.Succeeded, StartedAt = DateTimeOffset.UnixEpoch })), int.MaxValue));
        Assert.Contains("no host has", (await Assert.ThrowsAsync<HostProblemException>(() => host.ListAsync<JobInfo>(new HostRequest(["vserver-jobs", "list"]), ItemKinds.Job, Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AnswerWithoutEnd_IsCutOffAndAStreamIsNot()
    {
        // 200 MB of short lines
        using var sudo = new FakeSudo("""yes '{"type":"log","level":"info","text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}' | head -c 90000000; echo; echo '{"type":"result"}'""");
        var problem = await Assert.ThrowsAsync<HostProblemException>(() => sudo.Command().RunToEndAsync(new HostRequest(["vserver-info"]), cancellationToken: Cancel));
        Assert.Contains($"more than {BoundedLines.MostOfAnAnswer:N0} characters", problem.Message, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<WireEvent> Forever([EnumeratorCancellation] CancellationToken cancel)
    {
        yield return new HelloEvent(1, []);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
    }
}
