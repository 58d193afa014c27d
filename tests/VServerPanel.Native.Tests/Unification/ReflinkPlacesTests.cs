using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.DiskShares;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Where blocks lie already: what is planned, and what is said to be saved, is what the disk has more afterwards.</summary>
public sealed class ReflinkPlacesTests : IDisposable
{
    private const int Size = 4_000_000;

    private readonly UnifiedHost _host = new("xfs");

    public void Dispose() => _host.Dispose();

    /// <summary>As vservers are made: no run has ever compared them.</summary>
    [Fact]
    public void Plan_Clones_AreSharedAlready()
    {
        Write("a", seed: 1);
        _host.Clone("a", "b");
        _host.Clone("a", "c");
        var plan = _host.Plan(_host.Request("a", "b", "c"));
        Assert.Equal((3, 0, 0L, false), (plan.FilesShared, plan.FilesToShare, plan.BytesSaved, plan.IsEstimate));
        var outcome = _host.Unify("a", "b", "c");
        Assert.Equal((3, 0, 0L), (outcome.FilesShared, outcome.FilesChanged, outcome.BytesSaved));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Unify_OneIsUsedFromOutsideAsWell_OnlyTheOtherIsFreed(string first, string second)
    {
        Write(first, seed: 1);
        Write(second, seed: 1);
        _host.Clone("b", "outside");
        AssertFrees(Size, "a", "b");
    }

    [Fact]
    public void Unify_BothAreUsedFromOutsideAsWell_NothingIsFreed()
    {
        Write("a", seed: 1);
        Write("b", seed: 1);
        _host.Clone("a", "outside");
        _host.Clone("b", "there");
        AssertFrees(0, "a", "b");
    }

    /// <summary>The first files to move leave blocks that their likes use still.</summary>
    [Fact]
    public void Unify_SharersOfOneCopyAndOfAnother_OneCopyIsFreed()
    {
        Write("a", seed: 1);
        _host.Clone("a", "b");
        Write("c", seed: 1);
        _host.Clone("c", "d");
        _host.Clone("c", "e");
        Assert.Equal(2, AssertFrees(Size, "a", "b", "c", "d", "e").FilesChanged);
    }

    [Fact]
    public void Unify_SharersOfTwoContents_OfEachOneCopyIsFreed()
    {
        Write("a", seed: 1);
        _host.Clone("a", "b");
        Write("c", seed: 1);
        Write("d", seed: 2);
        _host.Clone("d", "e");
        Write("f", seed: 2);
        string[] names = ["a", "b", "c", "d", "e", "f"];
        var (free, plan) = (_host.BytesFree(), _host.Plan(_host.Request(names)));
        Assert.True(plan.IsEstimate);
        var outcome = _host.Unify(names);
        Assert.Equal(2, outcome.FilesChanged);
        Assert.InRange(outcome.BytesSaved, 2 * Size, 2 * (Size + 4096));
        Assert.InRange(_host.BytesFree() - free, (2 * Size) - 200_000, (2 * Size) + 200_000);
        Assert.InRange(outcome.BytesSaved, 0, plan.BytesSaved);
    }

    /// <summary>A content that lies twice in each takes its blocks once: the survey counts them so.</summary>
    [Fact]
    public void Unify_EachHasItTwice_DoesNotDrift()
    {
        foreach (var name in (string[])["a", "b"])
        {
            Write(name, seed: 1);
            Write(name, seed: 1, path: "usr/second");
        }

        // shared inside of one vserver only: no other uses it
        Write("a", seed: 2, path: "usr/third");
        Write("a", seed: 2, path: "usr/fourth");
        _host.Unify("a", "b");
        _host.Sync();
        Assert.All(DiskSurvey.OfAll(_host.Prefix.Call()).Shares, s => Assert.Equal((0, 0), (s.DriftFiles, s.DriftBytes)));
        File.WriteAllText(_host.PathOf("b") + "/usr/second", "of its own");
        _host.Sync();
        Assert.Equal([0, 1], DiskSurvey.OfAll(_host.Prefix.Call()).Shares.Select(s => s.DriftFiles ?? -1));
    }

    /// <summary>Where compressed blocks lie says less of what is in them; whether others use them it says.</summary>
    [Fact]
    public void Separate_CompressedFiles_TakeTheirBlocksAgain()
    {
        using var host = new UnifiedHost("btrfs");
        foreach (var name in (string[])["a", "b"])
        {
            // what is allocated before it is written is not compressed
            new ChildProcess { Program = "sh", Arguments = ["-ec", $"mkdir usr; btrfs property set usr compression zstd; yes | head -c {Size} > usr/large"], WorkingDirectory = host.Add(name) }.Run();
        }

        host.Sync();
        Assert.Contains("encoded", new ChildProcess { Program = "filefrag", Arguments = ["-v", host.PathOf("a") + "/usr/large"] }.Run(), StringComparison.Ordinal);
        Assert.Equal(1, host.Unify("a", "b").FilesChanged);
        host.Sync();
        Assert.Equal(1, host.SeparationPlan("b").FilesShared);
        Assert.Equal(1, host.Separate("b").FilesChanged);
        host.Sync();
        Assert.Equal(0, host.SeparationPlan("b").FilesShared);
    }

    /// <summary>What is planned, what is told, and what the disk has more.</summary>
    private UnificationOutcome AssertFrees(long bytes, params string[] names)
    {
        var free = _host.BytesFree();
        var plan = _host.Plan(_host.Request(names));
        var outcome = _host.Unify(names);
        Assert.InRange(plan.BytesSaved, bytes, bytes + 4096);
        Assert.Equal(plan.BytesSaved, outcome.BytesSaved);
        Assert.Equal(plan.FilesToShare, outcome.FilesChanged);
        Assert.InRange(_host.BytesFree() - free, bytes - 200_000, bytes + 200_000);
        return outcome;
    }

    private void Write(string name, int seed, string path = "usr/file")
    {
        var tree = Directory.Exists(_host.PathOf(name)) ? _host.PathOf(name) : _host.Add(name);
        Directory.CreateDirectory(Path.GetDirectoryName($"{tree}/{path}")!);
        var content = new byte[Size];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes($"{tree}/{path}", content);
        _host.Sync();
    }
}
