using VServerPanel.Core.Auditing;
using VServerPanel.Core.Renaming;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Renaming;

public sealed class RenamingServiceTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private static readonly VServerName s_shop = VServerName.Parse("shop");

    [Fact]
    public async Task Rename_RunsTheCommandAsAJobAndSaysBothNamesInTheHistory()
    {
        var host = new FakeHost();
        host.On("vserver web1 rename shop", new HelloEvent(1, []), new ResultEvent());
        await using var core = await TestCore.CreateAsync(host);

        await core.Get<RenamingService>().RenameAsync(s_web1, s_shop, TestCore.Alice, TestContext.Current.CancellationToken);

        var request = host.Requests.First(r => r.Words is ["vserver", "web1", "rename", "shop"]);
        Assert.True(request.Detach);
        var entry = (await core.Get<AuditService>().QueryAsync(new AuditFilter { Operation = "rename" }, cancellationToken: TestContext.Current.CancellationToken)).Entries.Single(e => e.Phase == AuditPhase.Asked);
        Assert.Equal(("web1", "from web1 to shop"), (entry.VServer, entry.Detail));
    }

    [Theory]
    [InlineData("rename", "vserver web1 rename shop", "shop")]
    [InlineData("rename", "vserver web1 rename ../x", null)]
    [InlineData("start", "vserver rename start", null)]
    public void TargetOf_Job_IsTheNewName(string operation, string command, string? expected) => Assert.Equal(
        expected,
        RenamingService.TargetOf(new JobInfo
        {
            Id = new string('a', 32),
            Operation = operation,
            VServer = s_web1,
            Actor = new Actor("root"),
            Command = command.Split(' '),
            State = JobState.Succeeded,
            StartedAt = DateTimeOffset.UnixEpoch,
        })?.Value);
}
