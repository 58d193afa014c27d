using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

public sealed class HostChangesTests
{
    private readonly FakeHost _other = new("root2");
    private readonly WatchScript _watch;

    public HostChangesTests()
    {
        _watch = new WatchScript(_other);
        SayAll();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Switch_Off_EndsItsStreamAndAsksNothing_AndOnReadsAnew()
    {
        await using var core = await TestCore.CreateAsync();
        var before = await core.AddHostAsync(_other);
        await LiveAsync(core);
        var catalogue = core.Get<HostCatalogue>();

        await catalogue.SwitchAsync("root2", isOff: true, TestCore.Alice, Cancel);

        var off = core.Get<Fleet>().Find("root2")!;
        Assert.True(off.IsOff);
        Assert.Equal((true, false), (HostState.Of(off).IsOff, HostState.Of(off).IsAway));
        var asked = _other.Requests.Count;
        Assert.Contains("switched off in this panel", off.Directory.Snapshot.Connection.Message, StringComparison.Ordinal);
        Assert.Equal(ProblemCode.Unreachable, (await Assert.ThrowsAsync<HostProblemException>(() => off.Get<HostService>().InfoAsync(refresh: true, Cancel))).Code);
        Assert.Equal(ProblemCode.Unreachable, (await Assert.ThrowsAsync<HostProblemException>(() => off.Get<LifecycleService>().StartAsync(VServerName.Parse("far1"), TestCore.Alice, Cancel))).Code);

        // who has a page of it open yet is told, and asks nothing either
        Assert.Contains("Load the page again", (await Assert.ThrowsAsync<HostProblemException>(() => before.Get<HostService>().InfoAsync(refresh: true, Cancel))).Message, StringComparison.Ordinal);
        Assert.Equal(DirectoryConnection.Unreachable, before.Directory.Snapshot.Connection.State);
        Assert.Equal(asked, _other.Requests.Count);

        _watch.End();
        SayAll();
        await catalogue.SwitchAsync("root2", isOff: false, TestCore.Alice, Cancel);
        await LiveAsync(core);
        Assert.Equal("far1", Assert.Single(core.Get<Fleet>().Find("root2")!.Directory.Snapshot.Entries).Name.Value);
        await catalogue.SwitchAsync("root2", isOff: false, TestCore.Alice, Cancel);
        var history = (await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: Cancel)).Entries.Where(e => e.Operation.StartsWith("host-o", StringComparison.Ordinal));
        Assert.Equal(["host-on", "host-off"], history.Select(e => e.Operation));
    }

    [Fact]
    public async Task OffAndRelabelled_ThePanelStartsAgain_ItIsStillSo()
    {
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        try
        {
            await using (var before = await TestCore.CreateAsync(directory: directory))
            {
                await before.AddHostAsync(_other);
                await before.Get<HostCatalogue>().RelabelAsync("root2", " Paris, rack 3 ", TestCore.Alice, Cancel);
                await before.Get<HostCatalogue>().SwitchAsync("root2", isOff: true, TestCore.Alice, Cancel);
            }

            var asked = _other.Requests.Count;
            await using var core = await TestCore.CreateAsync(directory: directory);
            core.Transport.Hosts["192.0.2.7"] = _other;
            await core.StartAsync();
            var host = core.Get<Fleet>().Find("root2")!;
            Assert.Equal(("Paris, rack 3", true), (host.Label, host.IsOff));
            Assert.Equal(asked, _other.Requests.Count);
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Relabel_NoLabel_IsRefused(string label)
    {
        await using var core = await TestCore.CreateAsync();
        await core.AddHostAsync(_other);
        Assert.Equal(ProblemCode.InvalidArgument, (await Assert.ThrowsAsync<HostProblemException>(() => core.Get<HostCatalogue>().RelabelAsync("root2", label, TestCore.Alice, Cancel))).Code);
    }

    [Fact]
    public async Task Relabel_NameOrLabelOfAnother_IsRefused_AndSoIsAnotherHostOfThatLabel()
    {
        await using var core = await TestCore.CreateAsync();
        await core.AddHostAsync(_other);
        await core.AddHostAsync(new FakeHost("root3"), "192.0.2.8");
        var catalogue = core.Get<HostCatalogue>();
        await catalogue.RelabelAsync("root2", "Paris", TestCore.Alice, Cancel);
        foreach (var taken in (string[])["paris", "ROOT2", "Host1"])
        {
            Assert.Equal(ProblemCode.AlreadyExists, (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.RelabelAsync("root3", taken, TestCore.Alice, Cancel))).Code);
        }

        core.Transport.Hosts["192.0.2.9"] = new FakeHost("paris");
        Assert.Equal(ProblemCode.AlreadyExists, (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.FindAsync("paris", "192.0.2.9", 22, Cancel))).Code);

        // its own name takes the label away
        await catalogue.RelabelAsync("root2", "root2", TestCore.Alice, Cancel);
        Assert.Equal("root2", core.Get<Fleet>().Find("root2")!.Label);
        Assert.Equal("paris", (await catalogue.FindAsync("paris", "192.0.2.9", 22, Cancel)).Name);
    }

    private void SayAll()
    {
        _watch.Say(Statuses.Running("far1"));
        _watch.SnapshotComplete();
    }

    private static Task LiveAsync(TestCore core) => Eventually.TrueAsync(() => core.Get<Fleet>().Find("root2")?.Directory.Snapshot.Connection.State is DirectoryConnection.Live, "it answers");
}
