using VServerPanel.Native.Auditing;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Auditing;

public sealed class JournalTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly Journal _journal;

    public JournalTests() => _journal = new Journal(_prefix.Paths);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Read_FromAPosition_GoesOnWhereItEnded()
    {
        _journal.Append(Entry("a"));
        var first = Assert.Single(_journal.Read());
        _journal.Append(Entry("b"));
        _journal.Append(Entry("c"));
        var rest = _journal.Read(first.Position!.Value).ToList();
        Assert.Equal(["b", "c"], rest.Select(e => e.OperationId));
        Assert.Equal(new FileInfo(_prefix.Paths.Journal).Length, rest[^1].Position);
        Assert.Empty(_journal.Read(rest[^1].Position!.Value));
    }

    [Fact]
    public void Append_LastLineWasCutOff_IsALineOfItsOwn()
    {
        _journal.Append(Entry("a"));
        File.AppendAllText(_prefix.Paths.Journal, "{\"operationId\":\"b\",\"pha");
        Assert.Equal(["a"], _journal.Read().Select(e => e.OperationId));
        _journal.Append(Entry("c"));
        Assert.Equal(["a", "c"], _journal.Read().Select(e => e.OperationId));
    }

    [Fact]
    public void Read_ShorterThanThePosition_BeginsAnew()
    {
        _journal.Append(Entry("a"));
        Assert.Equal("a", Assert.Single(_journal.Read(1 << 20)).OperationId);
    }

    [Fact]
    public void Read_LineIsBeingWritten_IsNotReadBeforeItsEnd()
    {
        File.WriteAllText(_prefix.Paths.Journal, System.Text.Json.JsonSerializer.Serialize(Entry("a"), WireJson.Default.JournalEntry));
        Assert.Empty(_journal.Read());
        File.AppendAllText(_prefix.Paths.Journal, "\n");
        Assert.Single(_journal.Read());
    }

    [Fact]
    public async Task Append_ManyAtOnce_LosesNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 10; i++)
            {
                // longer than a pipe's or page's atomic write
                new Journal(_prefix.Paths).Append(Entry($"{t}-{i}") with { After = new string('x', 9000) });
            }
        })));
        Assert.Equal(80, _journal.Read().Select(e => e.OperationId).Distinct().Count());
    }

    [Fact]
    public void FindEnd_OfAnOperation_IsItsEndOnly()
    {
        _journal.Append(Entry("a"));
        Assert.Null(_journal.FindEnd("a"));
        _journal.Append(Entry("a") with { Phase = JournalPhase.Ended, Outcome = OperationOutcome.Succeeded });
        Assert.Equal(OperationOutcome.Succeeded, _journal.FindEnd("a")!.Outcome);
    }

    [Fact]
    public void Actor_SudoUserSpeaksForAnother_IsRefused()
    {
        var mallory = new Dictionary<string, string> { ["SUDO_USER"] = "mallory" };
        var output = HostCommand.Run(_prefix, mallory, "--as", "vserver-jobs", "--json", "--actor-user", "admin", "list");
        Assert.Equal(ProblemCode.NotPermitted, output.Problem.Code);
        Assert.Equal(0, HostCommand.Run(_prefix, mallory, "web", "build", "--method", "skeleton").ExitCode);
        Assert.All(_prefix.ReadJournal(), e => Assert.Equal(("mallory", null), (e.Actor.SudoUser, e.Actor.PanelUser)));
    }

    private static JournalEntry Entry(string id) =>
        new() { OperationId = id, Phase = JournalPhase.Asked, Time = DateTimeOffset.UnixEpoch, Actor = new Actor("root"), Operation = "start", Command = ["vserver", "web", "start"] };
}
