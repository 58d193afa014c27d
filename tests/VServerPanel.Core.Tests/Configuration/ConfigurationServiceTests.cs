using VServerPanel.Core.Auditing;
using VServerPanel.Core.Configuration;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Configuration;

public class ConfigurationServiceTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private static readonly ConfDocument s_opened = new("ONBOOT=no\n", new string('a', 64), new Dictionary<string, string>(StringComparer.Ordinal) { ["ONBOOT"] = "no" }, []);

    [Fact]
    public async Task Save_ChangedText_GoesToTheHostAndBeforeAndAfterIntoTheHistory()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver web1 config set", new ResultEvent());
        core.Host.On("vserver web1 config show", FakeHost.Result(s_opened with { Text = "ONBOOT=yes\nPRIORITY=5\n" }));

        var saved = await core.Get<ConfigurationService>().SaveAsync(s_web1, s_opened, "ONBOOT=yes\r\nPRIORITY=5\r\n", TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal("ONBOOT=yes\nPRIORITY=5\n", saved.Text);
        var request = core.Host.Requests.First();
        Assert.Equal(["vserver", "web1", "config", "set", "--digest", s_opened.Digest], request.Words);
        Assert.Equal("ONBOOT=yes\nPRIORITY=5\n", request.StandardInput);
        Assert.False(request.Detach);
        var entries = await core.Get<AuditService>().OperationAsync(request.JobId!, TestContext.Current.CancellationToken);
        Assert.Equal([(AuditPhase.Asked, null, null), (AuditPhase.Ended, "ONBOOT=no\n", "ONBOOT=yes\nPRIORITY=5\n")], entries.Select(e => (e.Phase, e.Before, e.After)));
    }

    [Fact]
    public async Task Save_ChangedMeanwhile_IsAConflictAndNothingIsSaidToBeAfter()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver web1 config set", new ProblemEvent(ProblemCode.Conflict, "It was changed meanwhile."));

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<ConfigurationService>().SaveAsync(s_web1, s_opened, "x", TestCore.Alice));

        Assert.Equal(ProblemCode.Conflict, refused.Code);
        var ended = Assert.Single((await core.Get<AuditService>().QueryAsync(new AuditFilter { Phase = AuditPhase.Ended })).Entries);
        Assert.Equal((OperationOutcome.Failed, ProblemCode.Conflict, null), (ended.Outcome, ended.ProblemCode, ended.After));
    }

    [Fact]
    public async Task Check_Text_GivesTheHostsFindings()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver web1 config check", FakeHost.Result(new ConfCheck([new ConfFinding(2, "IPROOT", "no address", true)], ["IPROOT"])));

        var check = await core.Get<ConfigurationService>().CheckAsync(s_web1, "A=1\r\nB", TestContext.Current.CancellationToken);

        Assert.Equal(2, Assert.Single(check.Findings).Line);
        Assert.Equal("A=1\nB", core.Host.Requests.Single().StandardInput);
        Assert.Equal(0, await core.Get<AuditService>().CountAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken));
    }
}
