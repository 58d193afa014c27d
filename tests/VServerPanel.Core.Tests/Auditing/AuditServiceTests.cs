using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Auditing;

public class AuditServiceTests
{
    [Fact]
    public async Task RecordEvent_ThenQuery_GivesItBack()
    {
        await using var core = await TestCore.CreateAsync();
        var audit = core.Get<AuditService>();

        await audit.RecordEventAsync(TestCore.Alice, "sign-in", "Signed in", cancellationToken: TestContext.Current.CancellationToken);
        await audit.RecordEventAsync(new Caller("", "mallory", null), "sign-in", "Wrong password", OperationOutcome.Failed, TestContext.Current.CancellationToken);

        var page = await audit.QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["mallory", "alice"], page.Entries.Select(e => e.User));
        Assert.Null(page.Older);
        var alice = page.Entries[1];
        Assert.Equal(("host1", AuditPhase.Event, "sign-in", "Signed in", "192.0.2.7", 1L), (alice.Host, alice.Phase, alice.Operation, alice.Detail, alice.Address, alice.Sequence));
        Assert.Equal(AuditChain.Origin, alice.PreviousHash);
        Assert.Equal(alice.Hash, page.Entries[0].PreviousHash);
    }

    [Fact]
    public async Task Query_ByPages_TellsEachEntryOnceNewestFirst()
    {
        await using var core = await TestCore.CreateAsync();
        var audit = core.Get<AuditService>();
        var now = DateTimeOffset.UtcNow;

        // many within the same millisecond, some told late: the order is by time, then by sequence
        var drafts = Enumerable.Range(0, 100).Select(i => Drafts.Ended($"{i:d32}") with { Time = now.AddMilliseconds(-(i * 7 % 10)) }).ToList();
        await core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken);

        var seen = new List<AuditEntry>();
        AuditCursor? cursor = null;
        do
        {
            var page = await audit.QueryAsync(new AuditFilter(), cursor, 7, TestContext.Current.CancellationToken);
            seen.AddRange(page.Entries);
            cursor = page.Older;
        }
        while (cursor is not null);

        Assert.Equal(100, seen.Count);
        Assert.Equal(seen.OrderByDescending(e => e.Time).ThenByDescending(e => e.Sequence).Select(e => e.Sequence), seen.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Query_WithEachFilter_FindsOnlyWhatMatches()
    {
        await using var core = await TestCore.CreateAsync();
        var audit = core.Get<AuditService>();
        var (id, now) = (Guid.NewGuid(), DateTimeOffset.UtcNow);
        var special = Drafts.Ended(new string('a', 32)) with
        {
            Host = "host2",
            User = "bob",
            VServer = "db1",
            VServerId = id,
            Operation = "delete",
            Outcome = OperationOutcome.Failed,
            ProblemMessage = "No room: 100%_full",
            Time = now.AddDays(-3),
        };
        var other = Drafts.Ended(new string('b', 32));
        await core.Get<AuditLog>().AppendAsync([special, other], cancellationToken: TestContext.Current.CancellationToken);

        AuditFilter[] filters =
        [
            new() { Host = "host2" }, new() { User = "bob" }, new() { VServer = "db1" }, new() { VServerId = id }, new() { Operation = "delete" }, new() { OperationId = new string('a', 32) },
            new() { Outcome = OperationOutcome.Failed }, new() { Until = now.AddDays(-1) }, new() { From = now.AddDays(-4), Until = now.AddDays(-2) }, new() { Text = "no ROOM" }, new() { Text = "100%_f" }, new() { Text = "db1" },
            new() { User = "bob", Host = "host2", Outcome = OperationOutcome.Failed, Text = "room" },
        ];
        foreach (var filter in filters)
        {
            var entry = Assert.Single((await audit.QueryAsync(filter, cancellationToken: TestContext.Current.CancellationToken)).Entries);
            Assert.Equal("bob", entry.User);
            Assert.Equal(1, await audit.CountAsync(filter, cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Empty((await audit.QueryAsync(new AuditFilter { Text = "100%full" }, cancellationToken: TestContext.Current.CancellationToken)).Entries);
        Assert.Empty((await audit.QueryAsync(new AuditFilter { User = "bob", Host = "host1" }, cancellationToken: TestContext.Current.CancellationToken)).Entries);
    }

    [Fact]
    public async Task Query_ByVServerId_HasWhatWasAskedBeforeItHadAnId()
    {
        await using var core = await TestCore.CreateAsync();
        var audit = core.Get<AuditService>();
        var (id, now) = (Guid.NewGuid(), DateTimeOffset.UtcNow);
        var (build, older) = (new string('a', 32), new string('b', 32));
        AuditDraft[] drafts =
        [
            // an earlier vserver of the same name, whose build failed: not this one's history
            Drafts.Asked(older) with { Operation = "build", Time = now.AddMinutes(-9) },
            Drafts.Ended(older) with { Operation = "build", Time = now.AddMinutes(-8), Outcome = OperationOutcome.Failed },
            Drafts.Asked(build) with { Operation = "build", Time = now.AddMinutes(-5) },
            Drafts.Ended(build) with { Operation = "build", Time = now.AddMinutes(-3), VServerId = id },
            Drafts.Asked(new string('c', 32)) with { Time = now.AddMinutes(-2), VServerId = id },
        ];
        await core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken);

        var first = await audit.QueryAsync(new AuditFilter { VServerId = id }, size: 2, cancellationToken: TestContext.Current.CancellationToken);
        var second = await audit.QueryAsync(new AuditFilter { VServerId = id }, first.Older, 2, TestContext.Current.CancellationToken);

        Assert.Equal([("start", AuditPhase.Asked), ("build", AuditPhase.Ended)], first.Entries.Select(e => (e.Operation, e.Phase)));
        Assert.Equal([("build", AuditPhase.Asked)], second.Entries.Select(e => (e.Operation, e.Phase)));
        Assert.Equal(build, second.Entries[0].OperationId);
        Assert.Null(second.Older);
        Assert.Equal(3, await audit.CountAsync(new AuditFilter { VServerId = id }, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Vocabulary_OfSomeEntries_HasEachWordOnce()
    {
        await using var core = await TestCore.CreateAsync();
        var drafts = Enumerable.Range(0, 30).Select(i => Drafts.Ended($"{i:d32}") with { User = $"user{i % 3}", Operation = i % 2 == 0 ? "start" : "stop" }).ToList();
        await core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken);

        var words = await core.Get<AuditService>().VocabularyAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["user0", "user1", "user2"], words.Users);
        Assert.Equal(["start", "stop"], words.Operations);
        Assert.Equal(["host1"], words.Hosts);
    }

    [Fact]
    public async Task Append_SamePhaseOfAnOperationTwice_KeepsTheFirst()
    {
        await using var core = await TestCore.CreateAsync();
        var log = core.Get<AuditLog>();
        var id = new string('c', 32);

        var first = await log.AppendAsync([Drafts.Ended(id), Drafts.Ended(id) with { User = "second" }], cancellationToken: TestContext.Current.CancellationToken);
        var again = await log.AppendAsync([Drafts.Ended(id) with { User = "third" }, Drafts.Ended(id) with { Host = "host2" }], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((1, 1), (first, again));
        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter { OperationId = id }, cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Equal(["host1:alice", "host2:alice"], entries.Select(e => $"{e.Host}:{e.User}").Order());
        Assert.Equal("host1", Assert.Single(await core.Get<AuditService>().OperationAsync(id, TestContext.Current.CancellationToken)).Host);
    }

    [Fact]
    public async Task Append_FromManyAtOnce_MakesOneUnbrokenChain()
    {
        await using var core = await TestCore.CreateAsync();

        // a second panel on the same database, with its own writer
        await using var other = await TestCore.CreateAsync(directory: core.DataDirectory);
        AuditLog[] logs = [core.Get<AuditLog>(), other.Get<AuditLog>()];

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => logs[i % 2].AppendAsync([Drafts.Ended($"{i / 2:d32}")]))));

        var verified = await core.Get<AuditService>().VerifyAsync(TestContext.Current.CancellationToken);
        Assert.Equal((30L, true), (verified.Entries, verified.IsIntact));
    }
}
