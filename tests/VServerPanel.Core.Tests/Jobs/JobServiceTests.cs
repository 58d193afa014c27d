using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Jobs;

public class JobServiceTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Follow_FollowerCutOffWhileTheJobRuns_GoesOnAndTellsNothingTwice()
    {
        var jobs = new JobHost();
        jobs.Begin(Id, ["vserver", "web1", "build"], "alice");
        await using var core = await TestCore.CreateAsync(jobs.Host);
        jobs.Say(Id, new LogEvent(LogEvent.Info, "one"));

        var seen = new List<WireEvent>();
        await foreach (var wireEvent in core.Get<JobService>().FollowAsync(Id, TestContext.Current.CancellationToken))
        {
            seen.Add(wireEvent);
            switch (wireEvent)
            {
                case LogEvent { Text: "one" }:
                    jobs.CutFollowers();
                    jobs.Say(Id, new LogEvent(LogEvent.Info, "two"));
                    break;
                case LogEvent { Text: "two" }:
                    jobs.CutFollowers();
                    jobs.End(Id, new ResultEvent());
                    break;
            }
        }

        Assert.Equal(["one", "two"], seen.OfType<LogEvent>().Select(e => e.Text));
        Assert.IsType<ResultEvent>(seen[^1]);
    }

    [Fact]
    public async Task Follow_JobThatDied_EndsWithItsProblem()
    {
        var host = new FakeHost();
        host.On("vserver-jobs follow", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Terminated, "The job's process ended without an answer."));
        host.On("vserver-jobs show", FakeHost.Result(new JobInfo
        {
            Id = Id,
            Operation = "build",
            Actor = new Actor("root"),
            Command = ["vserver"],
            State = JobState.Interrupted,
            StartedAt = DateTimeOffset.UtcNow,
        }));
        await using var core = await TestCore.CreateAsync(host);

        var seen = await core.Get<JobService>().FollowAsync(Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ProblemCode.Terminated, Assert.IsType<ProblemEvent>(Assert.Single(seen)).Code);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("../../etc/passwd")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("")]
    public async Task Show_WhatIsNoId_NeverReachesTheHost(string id)
    {
        await using var core = await TestCore.CreateAsync();

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<JobService>().ShowAsync(id));

        Assert.Equal(ProblemCode.NotFound, refused.Code);
        await Assert.ThrowsAsync<HostProblemException>(async () => await core.Get<JobService>().FollowAsync(id).ToListAsync());
        Assert.Empty(core.Host.Requests);
    }

    [Fact]
    public async Task List_SomeJobs_NewestFirst()
    {
        var jobs = new JobHost();
        jobs.Begin(Id, ["vserver", "web1", "build"], "alice");
        await Task.Delay(5, TestContext.Current.CancellationToken);
        jobs.Begin(new string('f', 32), ["vserver", "web2", "start"], "alice");
        await using var core = await TestCore.CreateAsync(jobs.Host);

        var listed = await core.Get<JobService>().ListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["start", "build"], listed.Select(j => j.Operation));
    }
}
