using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Sharing by blocks, on file systems that can.</summary>
public sealed class ReflinkTests
{
    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Unify_Copies_FreesTheirBlocks(string fileSystem)
    {
        using var host = Three(fileSystem);
        var (inodes, before, free) = (Inodes(host), Snapshots(host), host.BytesFree());
        var outcome = host.Unify(host.Request("a", "b", "c") with { IsVerified = true });
        Assert.Equal(SharingMethod.Reflink, outcome.Method);
        Assert.Equal(before, Snapshots(host));
        Assert.Equal(inodes, Inodes(host));
        Assert.InRange(host.BytesFree() - free, 2 * 20_000_000 - 2_000_000, 3 * 21_000_000);
        Assert.DoesNotContain(outcome.Skipped, s => s.Reason is "unreadable" or "changed");

        var again = host.Unify("a", "b", "c");
        Assert.Equal((0, outcome.FilesShared), (again.FilesChanged, again.FilesShared));

        // each is independent
        File.AppendAllText(host.PathOf("a") + "/usr/lib/large", "more");
        Assert.Equal(before.Where(l => !l.StartsWith("a ", StringComparison.Ordinal)), Snapshots(host).Where(l => !l.StartsWith("a ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Separate_Afterwards_TakesTheBlocksAgain(string fileSystem)
    {
        using var host = Three(fileSystem);
        var before = Snapshots(host);
        host.Unify("a", "b", "c");
        var free = host.BytesFree();
        var outcome = host.Separate("b");
        Assert.Equal(before, Snapshots(host));
        Assert.InRange(free - host.BytesFree(), 20_000_000, 24_000_000);

        // btrfs keeps the small ones beside their names
        Assert.InRange(outcome.FilesChanged, 1, 8);
    }

    [Fact]
    public void Unify_ClonesThatShareAlready_AreNotReadOrCounted()
    {
        using var host = Three("xfs");
        host.Clone("a", "d");
        var outcome = host.Unify("a", "d");

        // what has another path, and was never shared with it
        Assert.InRange(outcome.FilesChanged, 0, 3);
        Assert.True(outcome.FilesShared >= 6);
    }

    [Fact]
    public void Plan_OneInodeOfTwoNames_IsNotSharedWithItself()
    {
        using var host = new UnifiedHost("xfs");
        UnifiedHost.Write(host.Add("a"), "usr/bin/perl", "linked\n");
        new ChildProcesses.ChildProcess { Program = "ln", Arguments = [host.PathOf("a") + "/usr/bin/perl", host.PathOf("a") + "/usr/bin/perl5"] }.Run();
        UnifiedHost.Write(host.Add("b"), "usr/bin/tool", "no like of it, and longer\n");
        var plan = host.Plan(host.Request("a", "b"));
        var outcome = host.Unify("a", "b");
        Assert.Equal((0, 0, 0L), (plan.FilesShared, plan.FilesToShare, plan.BytesSaved));
        Assert.Equal(plan.FilesShared, outcome.FilesShared);
    }

    /// <summary>It is then that somebody wants it.</summary>
    [Fact]
    public void Unify_DiskIsFull_SharesAndFreesIt()
    {
        using var host = Three("xfs");
        host.FillDisk();
        Assert.ThrowsAny<IOException>(() => File.WriteAllText(host.PathOf("a") + "/new", "x"));
        var before = Snapshots(host);
        var outcome = host.Unify("a", "b", "c");
        Assert.Equal(before, Snapshots(host));
        Assert.InRange(outcome.BytesFreeAfter - outcome.BytesFreeBefore, 38_000_000, 48_000_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IsSupportedAt_DiskIsFull_FileSystemIsAsked(bool isSupported)
    {
        using var host = new UnifiedHost("xfs", 320, "-m", isSupported ? "reflink=1" : "reflink=0");
        Assert.Equal(isSupported, Reflink.IsSupportedAt(host.Prefix.Paths.VServers));
        Assert.Equal(isSupported, Reflink.HasXfsReflinks(host.Prefix.Paths.VServers));
        host.FillDisk();
        Assert.Equal(isSupported, Reflink.IsSupportedAt(host.Prefix.Paths.VServers));
    }

    [Fact]
    public void Separate_Subvolumes_RewritesFilesWhereTheyLie()
    {
        using var host = UnifiedHost.OfSubvolumes("a", "b");
        var content = new byte[6_000_000];
        new Random(7).NextBytes(content);
        Directory.CreateDirectory(host.PathOf("a") + "/usr");
        File.WriteAllBytes(host.PathOf("a") + "/usr/large", content);
        UnifiedHost.Write(host.PathOf("a"), "usr/old", new string('o', 50_000));
        UnifiedHost.Write(host.PathOf("a"), "usr/set", new string('s', 50_000), 0b100_111_101_101);
        host.Clone("a", "b");
        var before = (string[])[.. host.Snapshot("a"), .. host.Snapshot("b")];
        var free = host.BytesFree();
        Assert.Equal(0, host.Unify("a", "b").FilesChanged);

        var outcome = host.Separate("b");
        host.Sync();
        Assert.Equal(2, outcome.FilesChanged);
        Assert.Equal(before, (string[])[.. host.Snapshot("a"), .. host.Snapshot("b")]);
        Assert.InRange(free - host.BytesFree(), 5_900_000, 7_500_000);

        // set-id files are never looked at: to write into them would take their rights away
        Assert.Empty(outcome.Skipped);
        Assert.Equal(0, host.SeparationPlan("b").FilesShared);
    }

    [Fact]
    public void Separate_OneInodeOfTwoNames_StaysOneFile()
    {
        using var host = new UnifiedHost("xfs");
        UnifiedHost.Write(host.Add("a"), "usr/bin/perl", new string('p', 50_000));
        new ChildProcess { Program = "ln", Arguments = [host.PathOf("a") + "/usr/bin/perl", host.PathOf("a") + "/usr/bin/perl5"] }.Run();
        host.Clone("a", "b");
        var before = host.Snapshot("b");
        Assert.Equal(1, host.SeparationPlan("b").FilesShared);
        Assert.Equal(1, host.Separate("b").FilesChanged);
        host.Sync();
        Assert.Equal(before, host.Snapshot("b"));
        Assert.Equal(host.InodeOf("b", "usr/bin/perl"), host.InodeOf("b", "usr/bin/perl5"));
        Assert.Equal(0, host.SeparationPlan("b").FilesShared);
    }

    private static UnifiedHost Three(string fileSystem)
    {
        var host = new UnifiedHost(fileSystem);
        UnifiedHost.Fill(host.Add("a"));
        var content = new byte[20_000_000];
        new Random(7).NextBytes(content);
        File.WriteAllBytes(host.PathOf("a") + "/usr/lib/large", content);
        host.Copy(host.PathOf("a"), "b");
        host.Copy(host.PathOf("a"), "c");

        // for blocks the times are of no meaning
        File.SetLastWriteTimeUtc(host.PathOf("c") + "/usr/lib/large", DateTime.UnixEpoch);
        return host;
    }

    private static List<string> Snapshots(UnifiedHost host) => [.. ((string[])["a", "b", "c"]).SelectMany(n => host.Snapshot(n).Select(l => $"{n} {l}"))];

    private static List<ulong> Inodes(UnifiedHost host) => [.. ((string[])["a", "b", "c"]).Select(n => host.InodeOf(n, "usr/lib/large"))];

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void HashOf_FileOfManyExtents_TellsWhetherBlocksAreShared(string fileSystem)
    {
        using var host = new UnifiedHost(fileSystem);
        var tree = host.Add("a");
        WriteIslands(tree + "/islands");
        WriteIslands(tree + "/copy");
        new ChildProcess { Program = "cp", Arguments = ["--reflink=always", tree + "/islands", tree + "/clone"] }.Run();
        host.Sync();
        using var blocks = new BlockMap();
        var (island, isShared) = HashOf(blocks, tree + "/islands");
        Assert.NotEqual(0ul, island);
        Assert.True(isShared);
        Assert.Equal((island, true), HashOf(blocks, tree + "/clone"));
        var (copy, isCopyShared) = HashOf(blocks, tree + "/copy");
        Assert.NotEqual(0ul, copy);
        Assert.NotEqual(island, copy);
        Assert.False(isCopyShared);
    }

    /// <summary>What is allocated and not written yet tells nothing of the content, and whose it is all the same.</summary>
    [Fact]
    public void HashOf_CloneWithPreallocation_IsShared()
    {
        using var host = new UnifiedHost("btrfs");
        var tree = host.Add("a");
        new ChildProcess { Program = "sh", Arguments = ["-ec", "fallocate -l 1M file; yes | head -c 300000 | dd of=file conv=notrunc status=none; sync file; cp --reflink=always file clone"], WorkingDirectory = tree }.Run();
        host.Sync();
        using var blocks = new BlockMap();
        Assert.Equal((0ul, true), HashOf(blocks, tree + "/clone"));
    }

    private static void WriteIslands(string path)
    {
        using var file = File.Create(path);

        // xfs allocates more than is written beyond the end, not before it
        file.SetLength(300 * 65536L);
        for (var i = 0; i < 300; i++)
        {
            file.Position = i * 65536L;
            file.Write(Enumerable.Repeat((byte)(i + 1), 4096).ToArray());
        }
    }

    private static (ulong Hash, bool IsShared) HashOf(BlockMap blocks, string path)
    {
        using var file = Libc.open(path, Libc.O_RDONLY);
        return (blocks.HashOf((int)file.DangerousGetHandle(), new FileInfo(path).Length, out var isShared), isShared);
    }
}
