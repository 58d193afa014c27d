using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class JobPageTests : PagesContext
{
    private static readonly string s_id = new('b', 32);

    [Fact]
    public async Task Job_ThatFailed_ShowsItsLogAndWhatToDo()
    {
        var problem = new ProblemEvent(ProblemCode.HookFailed, "The hook web1.sh ended with 1. Mend it and start again.");
        await StartAsync(Roles.Auditor, new(VServer("web1", VServerState.Stopped)));
        Script(JobState.Failed, new LogEvent(LogEvent.Output, "<b>from the hook</b>"), problem);

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("A hook script failed", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        Assert.Contains("Mend it and start again", page.Markup, StringComparison.Ordinal);
        Assert.Equal("<b>from the hook</b>", page.Find(".vp-console").TextContent.Trim());
        Assert.Contains("vserver web1 start", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("Cancel and undo", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_Ended_LeadsToTheVServer()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Script(JobState.Succeeded, new ProgressEvent(1, 2, "Starting"), new ResultEvent());

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("To web1", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        page.WaitForAssertion(() => Assert.Contains("Done", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Job_Unknown_SaysSo()
    {
        await StartAsync(Roles.Operator, new());
        Host.Command.On("vserver-jobs", new HelloEvent(1, []), new ProblemEvent(ProblemCode.NotFound, "There is no job of this id."));

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("There is no job of this id", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
    }

    private void Script(JobState state, params WireEvent[] lines)
    {
        Host.Command.On($"vserver-jobs follow {s_id}", [new HelloEvent(1, [], s_id), .. lines]);
        Host.Command.On($"vserver-jobs show {s_id}", new HelloEvent(1, []), FakeHost.Result(new JobInfo
        {
            Id = s_id,
            Operation = "start",
            VServer = VServerName.Parse("web1"),
            Actor = new Actor("vserverpanel", PanelUser: "anna"),
            Command = ["vserver", "web1", "start"],
            State = state,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = DateTimeOffset.UtcNow,
        }));
    }
}
