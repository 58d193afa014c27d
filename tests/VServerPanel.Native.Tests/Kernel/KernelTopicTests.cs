using VServerPanel.Native.Kernel;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>The order of ways, and what is said of those that do not do.</summary>
public sealed class KernelTopicTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose()
    {
        new TrialTopic(_prefix.Paths, _ => { }).Unload();
        Native.Limits.CgroupTree.Detect().Remove(_prefix.Paths.CgroupParent);
        _prefix.Dispose();
    }

    [Fact]
    public void LoadAndTry_FirstWayActs_IsTaken()
    {
        var topic = Topic(_ => { });
        Assert.Null(topic.WhyNot());
        Assert.Equal(("first", ""), (topic.LoadedWay, topic.Shortcomings));
    }

    [Fact]
    public void LoadAndTry_FirstWayDoesNotAct_TheSecondIsTakenAndTheReasonKept()
    {
        var topic = Topic(Refuse("first"));
        Assert.Null(topic.WhyNot());
        Assert.Equal(("second", "By first: first does not act."), (topic.LoadedWay, topic.Shortcomings));

        // and it stays, for who asks later
        Assert.Equal("By first: first does not act.", Topic(_ => { }).Shortcomings);
    }

    [Fact]
    public void LoadAndTry_NoWayActs_SaysWhyOfEachAndLeavesNothing()
    {
        var topic = Topic(Refuse("first", "second"));
        Assert.Equal("By first: first does not act. By second: second does not act.", topic.WhyNot());
        Assert.False(Directory.Exists(topic.PinsDirectory));
        Assert.Null(topic.LoadedWay);
    }

    [Fact]
    public void LoadAndTry_ObjectThatIsNone_SaysWhatLibbpfSays()
    {
        Topic(_ => { }).Unload();
        var none = Path.GetTempFileName();
        try
        {
            var why = new TrialTopic(_prefix.Paths, _ => { }, none).WhyNot();
            Assert.Contains("The kernel does not take the programs", why, StringComparison.Ordinal);
            Assert.Contains("By second", why, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(none);
        }
    }

    [Fact]
    public void Ensure_RefusedOnce_IsNotAskedAgainAtThisBoot()
    {
        Assert.Throws<ProblemException>(() => Topic(Refuse("first", "second")).Ensure());
        var asked = false;
        var again = Assert.Throws<ProblemException>(() => Topic(_ => asked = true).Ensure());
        Assert.False(asked);
        Assert.Contains("first does not act", again.Message, StringComparison.Ordinal);

        // who asks on purpose asks anew
        Assert.Null(Topic(_ => { }).WhyNot());
        Topic(_ => { }).Ensure();
    }

    [Fact]
    public void LoadAndTry_NewerObjectDoesNotAct_TheOlderGoesOn()
    {
        Assert.Null(Topic(_ => { }).WhyNot());
        var newer = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(newer, [.. File.ReadAllBytes(ProbeProgram.BpfObject), 0]);
            var topic = new TrialTopic(_prefix.Paths, Refuse("first", "second"), newer);
            Assert.NotNull(topic.WhyNot());
            Assert.Equal("first", topic.LoadedWay);
            Assert.True(topic.IsLoadedFor(topic.ExpectedMark()));
            new TrialTopic(_prefix.Paths, Refuse("first", "second"), newer).Ensure();
        }
        finally
        {
            File.Delete(newer);
        }
    }

    private TrialTopic Topic(Action<string> test)
    {
        Assert.SkipUnless(Environment.UserName == "root", "loading BPF programs needs root");
        return new TrialTopic(_prefix.Paths, test);
    }

    private static Action<string> Refuse(params string[] ways) => way =>
    {
        if (ways.Contains(way, StringComparer.Ordinal))
        {
            throw new ProblemException(ProblemCode.Unsupported, $"{way} does not act.");
        }
    };

    /// <summary>Two ways with programs that every kernel takes, none of which is attached; the test decides.</summary>
    private sealed class TrialTopic(Native.Hosts.HostPaths paths, Action<string> test, string? objectFile = null)
        : KernelTopic(paths, "trial", [new KernelWay("first", objectFile ?? ProbeProgram.BpfObject), new KernelWay("second", objectFile ?? ProbeProgram.BpfObject)])
    {
        private readonly List<string> _tried = [];

        protected override string Place() => "here";

        protected override bool IsWanted(BpfProgram program) => program.Name == "bind4";

        protected override void Attach(BpfProgram program, string pin)
        {
        }

        protected override void SelfTest()
        {
            string[] ways = LoadedWay == "second" ? ["second", "first"] : ["first", "second"];
            _tried.Add(ways[_tried.Count]);
            test(_tried[^1]);
        }
    }
}
