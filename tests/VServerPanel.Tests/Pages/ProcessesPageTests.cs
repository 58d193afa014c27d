using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Components.Processes;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class ProcessesPageTests : PagesContext
{
    private static HostOfVServers Some
    {
        get
        {
            var host = new HostOfVServers(VServer("web1", VServerState.Running), VServer("db1", VServerState.Running));
            host.RunsProcesses(
                Process(1, 0, null, "/sbin/init", 0, 0),
                Process(100, 1, "web1", "nginx: master", 1.5, 0),
                Process(101, 100, "web1", "nginx: worker", 40, 7),
                Process(200, 1, "db1", "postgres", 12, 0));
            return host;
        }
    }

    [Fact]
    public async Task List_Administrator_SeesTheHostsToo_TheBusiestFirst()
    {
        await StartAsync(Roles.Administrator, Some);
        var page = Open();
        Assert.Equal(["nginx: worker", "postgres", "nginx: master", "/sbin/init"], Shown(page));
        Assert.Contains("the host", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[aria-label='End process 1, /sbin/init']"));
    }

    [Theory]
    [InlineData(Roles.Operator, 3)]
    [InlineData(Roles.Auditor, 0)]
    public async Task List_Others_SeeThoseOfVServers_AndOperatorsEndThem(string role, int ends)
    {
        await StartAsync(role, Some);
        var page = Open();
        Assert.Equal(["nginx: worker", "postgres", "nginx: master"], Shown(page));
        Assert.Equal(ends, page.FindAll("[aria-label^='End process']").Count);
    }

    [Fact]
    public async Task SearchSortAndTree_ArrangeTheRows()
    {
        await StartAsync(Roles.Operator, Some);
        var page = Open();
        await page.ClickOnAsync(".vp-sort", "Command");
        Assert.Equal(["nginx: master", "nginx: worker", "postgres"], Shown(page));
        await page.TypeAsync("#process-search", "DB1");
        Assert.Equal(["postgres"], Shown(page));
        await page.TypeAsync("#process-search", "nothing of the kind");
        Assert.Contains("No process is like that", page.Markup, StringComparison.Ordinal);

        // a tree keeps the parents of what was found
        await page.ClickOnAsync(".vp-chip", "Tree");
        await page.TypeAsync("#process-search", "worker");
        Assert.Equal(["nginx: master", "nginx: worker"], Shown(page));
        Assert.Equal("padding-left:18px", page.FindAll(".vp-proc-command > div")[1].GetAttribute("style"));
    }

    [Fact]
    public async Task Place_Chosen_ShowsOnlyWhatRunsThere()
    {
        await StartAsync(Roles.Administrator, Some);
        var page = Open();
        Assert.Equal(["", "the host", "db1", "web1"], page.FindAll("#process-place option").Select(o => o.GetAttribute("value")));
        await page.SetAsync("#process-place", "the host");
        Assert.Equal(["/sbin/init"], Shown(page));
        await page.SetAsync("#process-place", "db1");
        Assert.Equal(["postgres"], Shown(page));
    }

    [Fact]
    public async Task List_Changes_AreShownWithoutReload()
    {
        await StartAsync(Roles.Operator, Some);
        var page = Open();
        Host.TellProcess(FakeHost.Item(ItemKinds.ProcessGone, new ProcessGone(101, 1010)));
        Host.TellProcess(FakeHost.Item(ItemKinds.Process, Process(300, 1, "db1", "vacuum", 99, 0)));
        page.WaitForAssertion(() => Assert.Equal(["vacuum", "postgres", "nginx: master"], Shown(page)), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task End_AsksFirst_ThenSignalsThatVeryProcess()
    {
        await StartAsync(Roles.Operator, Some);
        Host.Command.On("vkill", new HelloEvent(1, []), new ResultEvent());
        var page = Open();

        await page.ClickOnAsync("[aria-label='End process 101, nginx: worker']");
        Assert.Contains("nginx: worker", Dialogs.Markup, StringComparison.Ordinal);
        Assert.Contains("7 in the vserver, 101 on the host", Dialogs.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Commands, c => c.StartsWith("vkill", StringComparison.Ordinal));
        await Dialogs.ClickButtonAsync("Kill it");

        Dialogs.WaitForAssertion(() => Assert.Contains("vkill -KILL 101:1010", Commands), TimeSpan.FromSeconds(20));
        Assert.Equal("anna", Host.Command.Requests.Single(r => r.Words[0] == "vkill").Caller!.UserName);
    }

    [Fact]
    public async Task End_RoleTakenAwayMeanwhile_IsRefused()
    {
        await StartAsync(Roles.Operator, Some);
        var page = Open();
        await page.ClickOnAsync("[aria-label^='End process 101']");
        await SetRoleAsync(Roles.Auditor);
        await Dialogs.ClickButtonAsync("Ask it to end");
        Dialogs.WaitForAssertion(() => Assert.Contains("Not allowed", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(Commands, c => c.StartsWith("vkill", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tab_OfAVServer_HasOnlyItsOwn()
    {
        await StartAsync(Roles.Administrator, Some);
        var tab = Render<ProcessList>(p => p.Add(l => l.Only, VServerName.Parse("web1")));
        tab.WaitForAssertion(() => Assert.Equal(["nginx: worker", "nginx: master"], Shown(tab)), TimeSpan.FromSeconds(20));
    }

    private static ProcessInfo Process(int pid, int parent, string? vserver, string command, double percent, int inner) => new()
    {
        Pid = pid,
        StartTicks = pid * 10,
        Parent = parent,
        VServer = vserver is null ? null : VServerName.Parse(vserver),
        Context = vserver is null ? 0 : 7,
        InnerPid = vserver is null ? null : inner,
        User = "root",
        State = "S",
        CpuPercent = percent,
        Name = command,
        CommandLine = command,
        StartedAt = DateTimeOffset.UtcNow.AddHours(-1),
    };

    private static IEnumerable<string> Shown<T>(IRenderedComponent<T> page)
        where T : Microsoft.AspNetCore.Components.IComponent => page.FindAll(".vp-proc-command .vp-mono").Select(e => e.TextContent);

    private IRenderedComponent<ProcessesPage> Open()
    {
        var page = Render<ProcessesPage>();
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".vp-proc-command")), TimeSpan.FromSeconds(20));
        return page;
    }
}
