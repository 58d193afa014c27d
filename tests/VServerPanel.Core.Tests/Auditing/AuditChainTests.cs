using CsCheck;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Auditing;

public class AuditChainTests
{
    private static readonly Gen<string> s_text = Gen.OneOf(Gen.String, Gen.String[Gen.Char["\0\n\r\t\"',=+-@\ud800é漢"], 0, 12]);

    private static readonly Gen<AuditDraft> s_draft =
        from texts in s_text.Array[8]
        from number in Gen.Long[0, long.MaxValue / 4]
        from milliseconds in Gen.Long[0, 4_000_000_000_000]
        from outcome in Gen.Enum<OperationOutcome>().Nullable()
        from code in Gen.Enum<ProblemCode>().Nullable()
        from id in Gen.Guid.Nullable()
        select new AuditDraft
        {
            Host = texts[0],
            OperationId = Guid.NewGuid().ToString("N"),
            Phase = AuditPhase.Ended,
            Origin = AuditOrigin.Host,
            Time = DateTimeOffset.UnixEpoch.AddTicks((milliseconds * 10_000) + 1234),
            User = texts[1],
            Login = texts[2],
            Address = texts[3],
            VServer = texts[4],
            VServerId = id,
            Operation = texts[5],
            Command = texts[6],
            Detail = texts[7],
            Before = texts[7],
            After = null,
            Outcome = outcome,
            ProblemCode = code,
            ProblemMessage = texts[2],
            DurationMilliseconds = number,
        };

    [Fact]
    public async Task Verify_AnyTextWritten_ReadsBackAsHashed()
    {
        await using var core = await TestCore.CreateAsync();
        var drafts = new List<AuditDraft>();
        s_draft.Sample(drafts.Add, iter: 300, threads: 1);

        Assert.Equal(drafts.Count, await core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken));

        var verified = await core.Get<AuditService>().VerifyAsync(TestContext.Current.CancellationToken);
        Assert.Null(verified.Fault);
        Assert.Equal(drafts.Count, verified.Entries);
    }

    [Fact]
    public void HashOf_AnyPropertyChanged_IsAnother()
    {
        var draft = Drafts.Asked("1") with { VServerId = Guid.NewGuid(), Detail = "a", Before = "b", After = "c" };
        AuditDraft[] others =
        [
            draft with { Host = "x" }, draft with { OperationId = "x" }, draft with { Phase = AuditPhase.Event }, draft with { Origin = AuditOrigin.Host }, draft with { Time = draft.Time.AddMilliseconds(1) },
            draft with { User = "x" }, draft with { Login = "x" }, draft with { Address = "x" }, draft with { Address = "" }, draft with { VServer = "x" }, draft with { VServer = null }, draft with { VServerId = Guid.NewGuid() },
            draft with { VServerId = null }, draft with { Operation = "x" }, draft with { Command = "x" }, draft with { Detail = "ab", Before = "" }, draft with { Detail = null }, draft with { Before = "x" },
            draft with { After = "x" }, draft with { Outcome = OperationOutcome.Succeeded }, draft with { ProblemCode = ProblemCode.Internal }, draft with { ProblemMessage = "x" }, draft with { DurationMilliseconds = 0 },
        ];
        var hashes = others.Select(o => o.Chain(1, AuditChain.Origin).Hash)
            .Append(draft.Chain(1, AuditChain.Origin).Hash)
            .Append(draft.Chain(2, AuditChain.Origin).Hash)
            .Append(draft.Chain(1, new string('1', 64)).Hash)
            .ToList();

        Assert.Equal(hashes.Count, hashes.Distinct(StringComparer.Ordinal).Count());
    }

    // If this changes, every history that exists becomes unverifiable.
    [Fact]
    public void HashOf_KnownEntry_StaysTheSame()
    {
        var draft = new AuditDraft
        {
            Host = "host1",
            OperationId = "0123456789abcdef0123456789abcdef",
            Phase = AuditPhase.Ended,
            Origin = AuditOrigin.Panel,
            Time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
            User = "alice",
            Login = "vserverpanel",
            Address = "192.0.2.1",
            VServer = "web1",
            VServerId = Guid.Parse("11112222-3333-4444-5555-666677778888"),
            Operation = "configure",
            Command = "vserver web1 config set",
            Before = "ONBOOT=no\n",
            After = "ONBOOT=yes\n",
            Outcome = OperationOutcome.Succeeded,
            DurationMilliseconds = 42,
        };

        Assert.Equal("1b40b935d26bd4e40fd027bd2cfcc8a0539d330d422c5d32527c9f4f8012540d", draft.Chain(1, AuditChain.Origin).Hash);
    }
}
