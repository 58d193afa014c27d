using Bunit;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class RenamingTests : PagesContext
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Dialog_NameTyped_ShowsThePlanAndRenames()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Stopped)));
        Host.Command.On("vserver web1 rename taken", new HelloEvent(1, []), FakeHost.Result(new OperationPlan([], [], [new ProblemEvent(ProblemCode.AlreadyExists, "'/vservers/taken' is there already.")])));
        Host.Command.On("vserver web1 rename shop", request => request.Plan
            ? [new HelloEvent(1, []), FakeHost.Result(new OperationPlan([new PlanStep("Renaming '/vservers/web1' to '/vservers/shop'")], [], []))]
            : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = Render<VServerPage>(p => p.Add(v => v.Name, "web1"));
        var clicked = page.ClickButtonAsync("Rename web1");

        await Dialogs.TypeAsync("#new-name", "../etc");
        Dialogs.WaitForAssertion(() => Assert.Contains("is not a vserver name", Dialogs.Markup, StringComparison.Ordinal), s_soon);
        Assert.True(Go().HasAttribute("disabled"));
        await Dialogs.TypeAsync("#new-name", "taken");
        Dialogs.WaitForAssertion(() => Assert.Contains("is there already", Dialogs.Markup, StringComparison.Ordinal), s_soon);
        Assert.True(Go().HasAttribute("disabled"));
        await Dialogs.TypeAsync("#new-name", "shop");
        Dialogs.WaitForAssertion(() => Assert.Contains("vserver web1 rename shop", Dialogs.Markup, StringComparison.Ordinal), s_soon);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Words.Contains("rename") && !r.Plan);
        await AnswerAsync("Rename");
        await clicked;

        var request = Assert.Single(Host.Command.Requests, r => r.Words.Contains("rename") && !r.Plan);
        Assert.Equal(("anna", true), (request.Caller?.UserName, request.Detach));
        Assert.EndsWith($"jobs/{request.JobId}", Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().Uri, StringComparison.Ordinal);

        AngleSharp.Dom.IElement Go() => Dialogs.FindAll(".mud-dialog button").Single(b => b.TextContent.Trim() == "Rename");
    }

    [Fact]
    public async Task Dialog_OfARunningOne_SaysThatItGoesOn()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        var page = Render<VServerPage>(p => p.Add(v => v.Name, "web1"));
        _ = page.ClickButtonAsync("Rename web1");
        Dialogs.WaitForElement("#new-name", s_soon);
        Assert.Contains("It goes on running", Dialogs.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rename_OfOneThatIsBeingStarted_IsNotOffered()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Starting)));
        var page = Render<VServerPage>(p => p.Add(v => v.Name, "web1"));
        Assert.True(page.FindAll("button").Single(b => b.TextContent.Trim() == "Rename web1").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Job_ThatRenamed_LeadsToTheNewNameAndBackToTheOld()
    {
        await StartAsync(Roles.Operator, new(VServer("shop", VServerState.Stopped)));
        var id = new string('b', 32);
        Host.Command.On($"vserver-jobs follow {id}", new HelloEvent(1, [], id), new ResultEvent());
        Host.Command.On($"vserver-jobs show {id}", new HelloEvent(1, []), FakeHost.Result(new JobInfo
        {
            Id = id,
            Operation = "rename",
            VServer = VServerName.Parse("web1"),
            Actor = new Actor("vserverpanel", PanelUser: "anna"),
            Command = ["vserver", "web1", "rename", "shop"],
            State = JobState.Succeeded,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = DateTimeOffset.UtcNow,
        }));
        Host.RunsJobs("vserver shop rename web1");

        var page = Render<JobPage>(p => p.Add(j => j.Id, id));
        page.WaitForElement("a[href='vservers/shop']", s_soon);
        await page.ClickButtonAsync("Call it web1 again");

        Assert.Contains("vserver shop rename web1", Commands);
    }
}
