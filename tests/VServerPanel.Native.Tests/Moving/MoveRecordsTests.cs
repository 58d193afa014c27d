using System.Text.Json;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Standby;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>Records of moves and copies: one that is damaged, and trees that wait for their removal.</summary>
public sealed class MoveRecordsTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");
    private static readonly string s_id = new('a', 32);
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void List_OneIsDamaged_TellsItAndListsTheOthers()
    {
        var incoming = new IncomingStore(_prefix.Paths);
        incoming.TakeBack(Request(s_id), "hosta", DateTimeOffset.UnixEpoch);
        var outgoing = new OutgoingStore(_prefix.Paths);
        outgoing.Save(new OutgoingMove(s_id, s_name, Guid.NewGuid(), "hostb", new MoveChoices(null, false, 7, true), DateTimeOffset.UnixEpoch) { State = OutgoingState.Purged });
        new KeptStandbyStore(_prefix.Paths).Add(new KeptStandby(s_id, s_name, Guid.NewGuid(), "hostb", DateTimeOffset.UnixEpoch));
        foreach (var (folder, name) in ((string, string)[])[("incoming", new string('b', 32)), ("moves", new string('b', 32)), ("standby", "no-id")])
        {
            File.WriteAllText($"{_prefix.Paths.State}/{folder}/{name}.json", "{\"state\":");
        }

        Assert.Equal(2, MoveListing.All(_prefix.Call("vserver-moves", "list")).Count);
        Assert.Single(StandbyListing.All(_prefix.Call("vserver-standby", "list")));
        var warnings = _prefix.Report.All<LogEvent>().Select(e => e.Text).ToList();
        Assert.Equal(3, warnings.Count);
        Assert.All((string[])["/incoming/b", "/moves/b", "/standby/no-id"], part => Assert.Contains(warnings, w => w.Contains(part, StringComparison.Ordinal)));

        // where something is decided by it, nothing is
        Assert.Equal(ProblemCode.InputOutput, Assert.Throws<ProblemException>(() => incoming.List()).Code);
        Assert.Equal(ProblemCode.InputOutput, Assert.Throws<ProblemException>(() => outgoing.List()).Code);
    }

    [Theory]
    [InlineData("{\"state\":\"no-such\"}", ProblemCode.CommandFailed)]
    [InlineData("{\"state\":{}}", ProblemCode.CommandFailed)]
    [InlineData("[1]", ProblemCode.CommandFailed)]
    [InlineData("\"text\"", ProblemCode.CommandFailed)]
    [InlineData("{\"promotedAt\":\"yesterday\"}", ProblemCode.CommandFailed)]
    [InlineData("null", ProblemCode.Terminated)]
    public void Answer_OfAPeerThatIsNoneOfOurs_IsAProblem(string answer, ProblemCode code) =>
        Assert.Equal(code, Assert.Throws<ProblemException>(() => MoveTarget.Read("hostb", JsonDocument.Parse(answer).RootElement)).Code);

    [Fact]
    public void TakeBack_SomebodyStillWrites_RefusesAtOnceAndIsSweptLater()
    {
        var store = new IncomingStore(_prefix.Paths);
        store.Begin(Request(s_id), "hosta", DateTimeOffset.UnixEpoch);
        var tree = store.TreeOf(s_id);
        File.WriteAllText(tree + "/file", "x");
        Assert.True(store.Sweep(s_id, TimeSpan.Zero, null, default));
        Assert.True(File.Exists(tree + "/file"));

        using (TreeWriters.Join(tree))
        {
            Assert.True(TreeWriters.IsJoined(tree));
            store.TakeBack(Request(s_id), "hosta", DateTimeOffset.UnixEpoch);
            Assert.Equal(ProblemCode.NotPermitted, Assert.Throws<ProblemException>(() => store.RequireTree(s_id, "hosta")).Code);
            Assert.Equal(ProblemCode.Conflict, Assert.Throws<ProblemException>(() => store.Begin(Request(s_id), "hosta", DateTimeOffset.UnixEpoch)).Code);
            Assert.False(store.Sweep(s_id, TimeSpan.Zero, null, default));
            Assert.True(File.Exists(tree + "/file"));
        }

        // a process that another test has just forked holds every descriptor until its exec, and so this lock
        TrialHost.Eventually(() => !TreeWriters.IsJoined(tree), "nobody writes");
        TrialHost.Eventually(
            () =>
            {
                VServerMovesTool.PurgeExpired(_prefix.Call("vserver-jobs", "recover"));
                return !Directory.Exists(tree);
            },
            "the tree is removed");
    }

    [Fact]
    public void Sweep_LargeTree_EndsWhenItsTimeIsOver()
    {
        var store = new IncomingStore(_prefix.Paths);
        store.Begin(Request(s_id), "hosta", DateTimeOffset.UnixEpoch);
        for (var i = 0; i < 2500; i++)
        {
            File.WriteAllText($"{store.TreeOf(s_id)}/{i}", "");
        }

        store.TakeBack(Request(s_id), "hosta", DateTimeOffset.UnixEpoch);
        Assert.False(store.Sweep(s_id, TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), default));
        Assert.InRange(Directory.EnumerateFiles(store.TreeOf(s_id)).Count(), 1, 2499);
        Assert.True(store.Sweep(s_id, TimeSpan.Zero, null, default));
        Assert.False(Directory.Exists(store.TreeOf(s_id)));
    }

    [Theory]
    [InlineData("1: FLOCK  ADVISORY  READ  1234 08:01:131074 0 EOF", "8 1 131074")]
    [InlineData("12: FLOCK  ADVISORY  WRITE 1234 fe:00:7 0 EOF", "254 0 7")]
    [InlineData("1: -> FLOCK  ADVISORY  WRITE 1234 08:01:131074 0 EOF", null)]
    [InlineData("1: POSIX  ADVISORY  READ  1234 08:01:131074 0 EOF", null)]
    [InlineData("1: FLOCK  ADVISORY  READ  1234 <none>:0 0 EOF", null)]
    [InlineData("", null)]
    public void Locks_OfProc_AreRead(string line, string? place) => Assert.Equal(place, TreeWriters.PlaceOf(line) is var (major, minor, inode) ? $"{major} {minor} {inode}" : null);

    private static IncomingRequest Request(string id) => new(id, s_name, new Guid("827440c8-e588-4408-82b5-6c843db1277e"), 1);
}
