using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

/// <summary>The page of a job that is a move: how far it is, and what came of it.</summary>
public sealed class MoveJobTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly string s_id = new('d', 32);

    [Fact]
    public async Task Moved_ShowsDowntimeAndTheWaysFromHere()
    {
        await StartAsync(Roles.Operator, new());
        Host.Tells(Moves.Move("web1", MoveState.Kept, MovePhase.Done));
        Script(JobState.Succeeded, FakeHost.Item(ItemKinds.MoveProgress, new MoveProgress(Moves.Id, MovePhase.Copying, 1, 100, 200)), FakeHost.Result(Moves.Outcome));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("web1 is on hostb now", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Equal(["3.4 s", "380 MiB", "42 s"], page.FindAll(".vp-figure .v").Select(v => v.TextContent));
        Assert.Contains("web1.sh' does not go with it", page.Markup, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains(page.FindAll("button"), b => b.TextContent.Trim() == "Take back …"), s_patience);

        // it is not here any more
        Assert.DoesNotContain("To web1", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnderWay_ShowsBytesRateAndRest_AndPhases()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Script(JobState.Running, FakeHost.Item(ItemKinds.MoveProgress, new MoveProgress(Moves.Id, MovePhase.Copying, 1, 100L << 20, 400L << 20, 50L << 20, 65)));
        Host.Command.OnCall($"vserver-jobs follow {s_id}", (_, stopping) => GoesOn(stopping, new MoveProgress(Moves.Id, MovePhase.Copying, 1, 100L << 20, 400L << 20, 50L << 20, 65)));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("100 MiB of 400 MiB, 50 MiB/s, about 1 min 5 s left", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Equal("25", page.Find("[role=progressbar]").GetAttribute("aria-valuenow"));
        Assert.Equal("Copying", page.Find(".vp-phases [aria-current]").TextContent.Trim());
        Assert.Contains("Cancel and undo", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnderWay_LaterPass_TellsNoPartOfAWholeThatNobodyKnows()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Stopping)));
        Script(JobState.Running);
        Host.Command.OnCall($"vserver-jobs follow {s_id}", (_, stopping) => GoesOn(
            stopping, new MoveProgress(Moves.Id, MovePhase.Stopping), new MoveProgress(Moves.Id, MovePhase.LastPass, 3, 1L << 20, 400L << 20, 50L << 20, 8)));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("1 MiB, 50 MiB/s", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.DoesNotContain("left", page.Find(".vp-progress").TextContent, StringComparison.Ordinal);
        Assert.False(page.Find("[role=progressbar]").HasAttribute("aria-valuenow"));
    }

    [Fact]
    public async Task Failed_HandedOver_AsksHowToGoOn_ElseLeadsBack()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Host.Tells(Moves.Move("web1", MoveState.Unresolved, MovePhase.HandingOver, jobId: s_id));
        Script(JobState.Failed, new ProblemEvent(ProblemCode.Unreachable, "hostb has not said whether it has arrived."));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));
        page.WaitForAssertion(() => Assert.Contains("Bring it back", page.Markup, StringComparison.Ordinal), s_patience);

        Host.Tells();
        var other = Render<JobPage>(p => p.Add(j => j.Id, s_id));
        other.WaitForAssertion(() => Assert.Contains("web1 is on this host, as before.", other.Markup, StringComparison.Ordinal), s_patience);
        Assert.Contains(other.FindAll("a"), a => a.GetAttribute("href") == "vservers/web1/move");
    }

    private void Script(JobState state, params WireEvent[] lines)
    {
        Host.Command.On($"vserver-jobs follow {s_id}", [new HelloEvent(1, [], s_id), .. lines]);
        Host.Command.On($"vserver-jobs show {s_id}", new HelloEvent(1, []), FakeHost.Result(new JobInfo
        {
            Id = s_id,
            Operation = "move",
            VServer = VServerName.Parse("web1"),
            Actor = new Actor("vserverpanel", PanelUser: "anna"),
            Command = ["vserver", "--json", "web1", "move", "--to", "hostb"],
            State = state,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = state == JobState.Running ? null : DateTimeOffset.UtcNow,
        }));
    }

    private static async IAsyncEnumerable<WireEvent> GoesOn([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping, params MoveProgress[] said)
    {
        yield return new HelloEvent(1, [], s_id);
        foreach (var progress in said)
        {
            yield return FakeHost.Item(ItemKinds.MoveProgress, progress);
        }

        await Task.Delay(Timeout.Infinite, stopping);
    }
}
