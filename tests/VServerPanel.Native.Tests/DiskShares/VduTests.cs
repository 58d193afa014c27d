using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.DiskShares;

public sealed class VduTests : IDisposable
{
    private const int Size = 1 << 20;
    private const int Little = 200 << 10;

    private readonly PrivatePrefix _prefix = new();
    private LoopImage? _image;

    public void Dispose()
    {
        _image?.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Vdu_Directories_SumsFilesWithOneLink()
    {
        var tree = Directory.CreateDirectory(_prefix.Directory + "/tree").FullName;
        Fill(tree + "/one");
        Fill(tree + "/two");
        TrialHost.Run("ln", tree + "/two", tree + "/again");
        TrialHost.Run("truncate", "-s", "3M", tree + "/hole");
        Assert.Equal($"{tree}\t1024K\n", HostCommand.Run(_prefix, "--as", "vdu", tree).Output);
        Assert.Equal($"{tree}\t4096K\n", HostCommand.Run(_prefix, "--as", "vdu", "--apparent", tree).Output);
    }

    [Fact]
    public void Vdu_HardLinks_AreDividedAmongTheirTrees()
    {
        Add("a", "b", "c");
        Fill(Tree("a") + "/own");
        Fill(Tree("a") + "/three");
        Fill(Tree("a") + "/outside");
        TrialHost.Run("ln", Tree("a") + "/own", Tree("a") + "/own-again");
        TrialHost.Run("ln", Tree("a") + "/three", Tree("b") + "/three");
        TrialHost.Run("ln", Tree("a") + "/three", Tree("c") + "/three");
        TrialHost.Run("ln", Tree("a") + "/outside", _prefix.Directory + "/outside");
        var (shares, disk) = Measure();
        Assert.Equal((3, 2), (shares["a"].Files, shares["a"].SharedFiles));
        AssertNear(3 * Size, shares["a"].ApparentBytes);
        AssertNear(Size, shares["a"].OwnBytes);
        AssertNear(Size + (Size / 3) + (Size / 2), shares["a"].FairBytes);
        Assert.Equal(2 * Size, shares["a"].SharedBytes);
        AssertNear(0, shares["b"].OwnBytes);
        AssertNear(Size / 3, shares["b"].FairBytes);
        Assert.Equal(2 * Size, disk.BytesSaved);
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Vdu_Reflinks_AreDividedAmongTheirTrees(string fileSystem)
    {
        _image = LoopImage.Mount(fileSystem, _prefix.Paths.VServers);
        Add("a", "b");
        Fill(Tree("a") + "/shared");
        Fill(Tree("a") + "/half");
        Fill(Tree("a") + "/twice");
        Fill(Tree("a") + "/own");
        _image.Sync();
        Clone("a/shared", "b/shared");
        Clone("a/half", "b/half");
        Clone("a/twice", "a/twice-again");
        TrialHost.Run("dd", "if=/dev/urandom", $"of={Tree("b")}/half", "bs=512K", "count=1", "conv=notrunc", "status=none");
        TrialHost.Run("ln", Tree("a") + "/shared", Tree("a") + "/shared-name");
        _image.Sync();

        var (shares, disk) = Measure();
        Assert.Equal(SharingMethod.Reflink, disk.Method);
        Assert.Equal(fileSystem, disk.FileSystem);
        Assert.Equal((5, 2), (shares["a"].Files, shares["a"].SharedFiles));
        AssertNear(4 * Size, shares["a"].ApparentBytes);

        // btrfs keeps an extent whole as long as any part of it is used
        var shared = fileSystem == "btrfs" ? 2 * Size : Size + (Size / 2);
        Assert.Equal(shared, shares["a"].SharedBytes);
        AssertNear((4 * Size) - shared, shares["a"].OwnBytes);
        AssertNear((4 * Size) - (shared / 2), shares["a"].FairBytes);
        AssertNear(Size / 2, shares["b"].OwnBytes);
        Assert.Equal(Size + (Size / 2), disk.BytesSaved);

        // and what deleting it frees is what was said
        var freed = HostCommand.Run(_prefix, "--json", "b", "delete", "--confirm", "b", "--now").Result<DeleteOutcome>().BytesFreed;
        Assert.Equal(shares["b"].OwnBytes, freed);
    }

    [Fact]
    public void Vdu_People_SeeATable()
    {
        Add("web");
        Fill(Tree("web") + "/file");
        var lines = HostCommand.Run(_prefix, "--as", "vdu", "web").Output.Split('\n');
        Assert.StartsWith("NAME", lines[0]);
        Assert.Matches(@"^web +1 +1\.0M +1\.0M +1\.0M +0B +-$", lines[1]);
        Assert.StartsWith("Sharing saves 0 B.", lines[2]);
    }

    [Fact]
    public void Vdu_NeitherVServerNorDirectory_IsNotFound() =>
        Assert.Equal(ProblemCode.NotFound, HostCommand.Run(_prefix, "--as", "vdu", "--json", "nobody").Problem.Code);

    private string Tree(string name) => _prefix.Paths.TreeOf(VServerName.Parse(name));

    private void Add(params string[] names)
    {
        foreach (var name in names)
        {
            Directory.CreateDirectory(Tree(name));
            File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse(name)), "");
        }
    }

    private void Clone(string from, string to) => TrialHost.Run("cp", "--reflink=always", $"{_prefix.Paths.VServers}/{from}", $"{_prefix.Paths.VServers}/{to}");

    private (Dictionary<string, DiskShare> Shares, DiskSummary Disk) Measure()
    {
        var output = HostCommand.Run(_prefix, "--as", "vdu", "--json");
        return (output.Events.OfType<ItemEvent>().Select(e => WireProtocol.FromElement<DiskShare>(e.Data)).ToDictionary(s => s.VServer!.Value.Value), output.Result<DiskSummary>());
    }

    private static void AssertNear(long expected, long actual) => Assert.InRange(actual, expected, expected + Little);

    private static void Fill(string path)
    {
        var content = new byte[Size];
        Random.Shared.NextBytes(content);
        File.WriteAllBytes(path, content);
    }
}
