using System.Diagnostics;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Packages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Packages;

public sealed class PackageServiceTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private static readonly VServerName s_web2 = VServerName.Parse("web2");

    [Fact]
    public async Task Catalogue_GroupsVServersByVersion()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vcheck --packages", new HelloEvent(1, []), Package("web2", "nginx", "1.1"), Package("web1", "nginx", "1.0", "1.1"), Package("web3", "nginx", "1.1"), Package("web1", "bash", "5"), Package("web2", "bash", "5"), new ResultEvent());

        var catalogue = await core.Get<PackageService>().CatalogueAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["bash", "nginx"], catalogue.Packages.Select(p => p.Name));
        var nginx = catalogue.Packages[1];
        Assert.Equal([("1.1", 2), ("1.0", 1)], nginx.Versions.Select(v => (v.Version, v.VServers.Count)));
        Assert.True(nginx.Differs);
        Assert.False(catalogue.Packages[0].Differs);
        Assert.Equal((3, 1), (nginx.Installed, nginx.Upgradable));
        Assert.Equal([("web1", 2, 1), ("web2", 2, 0), ("web3", 1, 0)], catalogue.VServers.Select(v => (v.Name.Value, v.Installed, v.Upgradable)));
        Assert.All(catalogue.VServers, v => Assert.True(v.CanFetch));
    }

    [Fact]
    public async Task Catalogue_RpmVServers_TellsWhichCanFetch()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vcheck --packages", new HelloEvent(1, []), Rpm("with", canFetch: true), Rpm("without", canFetch: false), new ResultEvent());
        var catalogue = await core.Get<PackageService>().CatalogueAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([("with", true), ("without", false)], catalogue.VServers.Select(v => (v.Name.Value, v.CanFetch)));

        static ItemEvent Rpm(string vserver, bool canFetch) =>
            FakeHost.Item(ItemKinds.Package, new PackageInfo(VServerName.Parse(vserver), PackageFormat.Rpm, "bash", "5-1", "x86_64", "", null, canFetch));
    }

    [Fact]
    public async Task Catalogue_AThousandVServers_IsReadInReasonableTime()
    {
        const int vservers = 1000, packages = 500;
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vcheck --packages", _ => Enumerable.Range(0, vservers * packages).Select(i => (WireEvent)Package($"v{i / packages:0000}", $"package{i % packages:000}", "1.0")).Append(new ResultEvent()));
        var watch = Stopwatch.StartNew();

        var catalogue = await core.Get<PackageService>().CatalogueAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((packages, vservers), (catalogue.Packages.Count, catalogue.VServers.Count));
        Assert.Equal(vservers, Assert.Single(catalogue.Packages[0].Versions).VServers.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"took {watch.Elapsed}");
    }

    [Fact]
    public async Task Upgrade_IsARecordedJob_AndWhatWasReadIsForgotten()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vapt", new HelloEvent(1, []), new ResultEvent());
        core.Host.On("vdnf", new HelloEvent(1, []), new ResultEvent());
        core.Host.On("vcheck", new HelloEvent(1, []), new ResultEvent());
        var packages = core.Get<PackageService>();
        await packages.CatalogueAsync(cancellationToken: TestContext.Current.CancellationToken);

        await packages.UpgradeAsync(new(PackageFormat.Dpkg, [s_web1, s_web2], [], true), TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.UpgradeAsync(new(PackageFormat.Dpkg, [s_web1], ["nginx", "libc6"], false), TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.LookForUpgradesAsync(PackageFormat.Dpkg, [s_web1], TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.UpgradeAsync(new(PackageFormat.Rpm, [s_web2], [], true), TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.UpgradeAsync(new(PackageFormat.Rpm, [s_web2], ["httpd"], false), TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.LookForUpgradesAsync(PackageFormat.Rpm, [s_web2], TestCore.Alice, TestContext.Current.CancellationToken);
        await packages.CatalogueAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ["vapt --unify web1 web2 -- upgrade", "vapt web1 -- install --only-upgrade nginx libc6", "vapt web1 -- update", "vdnf --unify web2 -- upgrade", "vdnf web2 -- upgrade httpd", "vdnf web2 -- makecache --refresh"],
            core.Host.Requests.Where(r => r.Detach).Select(r => string.Join(' ', r.Words)));
        Assert.Equal(2, core.Host.Commands.Count(c => c.StartsWith("vcheck", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--purge")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../x")]
    public async Task Upgrade_WhatIsNoPackage_NeverReachesTheHost(string package)
    {
        await using var core = await TestCore.CreateAsync();
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<PackageService>().UpgradeAsync(new(PackageFormat.Dpkg, [s_web1], [package], false), TestCore.Alice));
        Assert.Empty(core.Host.Requests);
    }

    [Fact]
    public async Task Retry_OnlyWhereItFailed_WithTheSameWords()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vapt", new HelloEvent(1, []), new ResultEvent());
        var job = Job("vserver", "--as", "vapt", "--json", "--detach", "--job", new string('a', 32), "--actor-user", "alice", "--unify", "--jobs", "4", "web1", "web2", "--", "install", "--only-upgrade", "nginx");

        await core.Get<PackageService>().RetryAsync(job, [s_web2], TestCore.Alice, TestContext.Current.CancellationToken);

        var words = core.Host.Requests.Single(r => r.Detach).Words;
        Assert.Equal($"vapt --retry {job.Id} --unify --jobs 4 web2 -- install --only-upgrade nginx", string.Join(' ', words));

        // and once more, where that failed too
        Assert.Equal($"vapt --retry {job.Id} --unify --jobs 4 web2 -- install --only-upgrade nginx", string.Join(' ', PackageCommand.Again(job with { Command = ["vserver", "--as", .. words] }, [s_web2])!));
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<PackageService>().RetryAsync(Job("vserver", "web1", "start"), [s_web2], TestCore.Alice));
    }

    [Fact]
    public void Run_FromItsJobsLines_HasARowPerVServer()
    {
        var run = PackageRun.Of(Job("vapt", "web1", "web2", "web3", "--", "upgrade"))!;
        run.Take(new LogEvent(LogEvent.Output, "web1: Reading package lists"));
        run.Take(new LogEvent(LogEvent.Output, "web2: E: no network"));
        run.Take(new LogEvent(LogEvent.Output, "Note: this is nobody's"));
        run.Take(FakeHost.Item(ItemKinds.PackageOutcome, new PackageOutcome(s_web2, OperationOutcome.Failed, 100, "apt-get ended with exit code 100.", [], 900)));

        Assert.Equal([("web1", true, false), ("web2", false, true), ("web3", false, false)], run.Rows.Select(r => (r.VServer.Value, r.IsRunning, r.Outcome is not null)));
        Assert.Equal(["E: no network"], run.Rows.ElementAt(1).Output);
        Assert.Equal([s_web2], run.Failed);
        Assert.Null(PackageRun.Of(Job("vserver", "web1", "start")));
        Assert.Equal([s_web1], PackageRun.Of(Job("vserver", "--as", "vdnf", "--json", "web1", "--", "upgrade"))!.Rows.Select(r => r.VServer));
    }

    private static JobInfo Job(params string[] words) => new()
    {
        Id = new string('a', 32),
        Operation = "vapt",
        Actor = new Actor("vserverpanel"),
        Command = words,
        State = JobState.Failed,
        StartedAt = DateTimeOffset.UtcNow,
    };

    private static ItemEvent Package(string vserver, string name, string version, string? candidate = null) =>
        FakeHost.Item(ItemKinds.Package, new PackageInfo(VServerName.Parse(vserver), PackageFormat.Dpkg, name, version, "amd64", "", candidate));
}
