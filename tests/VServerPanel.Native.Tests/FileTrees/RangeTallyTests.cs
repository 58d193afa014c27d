using VServerPanel.Native.FileTrees;

namespace VServerPanel.Native.Tests.FileTrees;

public sealed class RangeTallyTests
{
    [Fact]
    public void Add_TwoTreesUseTheSameBlocks_EachHasHalf()
    {
        var (totals, saved) = Tally(2, Range(0, 100, inode: 1, tree: 0), Range(0, 100, inode: 2, tree: 1));
        Assert.Equal(100, saved);
        Assert.All(totals, t => Assert.Equal((100, 0, 50, 100, 1), (t.Bytes, t.OwnBytes, t.FairBytes, t.SharedBytes, t.SharedFiles)));
    }

    [Fact]
    public void Add_TwoFilesOfOneTree_AreItsOwn()
    {
        var (totals, saved) = Tally(1, Range(0, 100, inode: 1, tree: 0), Range(0, 100, inode: 2, tree: 0));
        Assert.Equal(0, saved);
        Assert.Equal((100, 100, 100, 0), (totals[0].Bytes, totals[0].OwnBytes, totals[0].FairBytes, totals[0].SharedFiles));
    }

    [Fact]
    public void Add_NobodyElseSeen_TheOtherUserIsOutside()
    {
        var (totals, saved) = Tally(1, Range(0, 100, inode: 1, tree: 0));
        Assert.Equal(0, saved);
        Assert.Equal((100, 0, 50, 1), (totals[0].Bytes, totals[0].OwnBytes, totals[0].FairBytes, totals[0].SharedFiles));
    }

    [Fact]
    public void Add_SecondNameOfAnInode_CountsOnce()
    {
        var (totals, _) = Tally(2, Range(0, 100, 1, 0) with { File = -1 }, Range(0, 100, 1, 0) with { File = -1 }, Range(0, 100, 2, 1));
        Assert.Equal((100, 0, 50, 0), (totals[0].Bytes, totals[0].OwnBytes, totals[0].FairBytes, totals[0].SharedFiles));
    }

    [Fact]
    public void Add_AddressesOfAnotherDisk_AreOthers()
    {
        var (totals, saved) = Tally(2, Range(0, 100, 1, 0), Range(0, 100, 2, 1) with { FileSystem = 2 });
        Assert.Equal(0, saved);
        Assert.All(totals, t => Assert.Equal(100, t.Bytes));
    }

    [Fact]
    public void Add_CompressedNeighbours_AreNotTakenForOne()
    {
        // 128 KiB each in the file, 4 KiB each on the disk
        var (totals, saved) = Tally(2, Encoded(0, 0), Encoded(0, 1), Encoded(4096, 0), Encoded(4096, 1));
        Assert.Equal(2 * 131072, saved);
        Assert.All(totals, t => Assert.Equal((2 * 131072, 131072), (t.Bytes, t.FairBytes)));

        static SharedRange Encoded(ulong start, int tree) => new(1, start, 131072, (ulong)tree + 1, tree, tree, IsEncoded: true);
    }

    /// <summary>Against counting every block by itself, for ranges that overlap in any way.</summary>
    [Fact]
    public void Add_RandomRanges_AgreeWithCountingBlocks()
    {
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            const int Trees = 3, Blocks = 40;

            // one range a file, so that no two of an inode overlap
            var ranges = Enumerable.Range(0, random.Next(1, 12))
                .Select(i => Range((ulong)random.Next(Blocks), (ulong)random.Next(1, 12), (ulong)i, random.Next(Trees)) with { File = i }).ToArray();
            var (totals, saved) = Tally(Trees, ranges);
            long expectedSaved = 0;
            var expected = new (long Bytes, long Own, long Shared)[Trees];
            for (ulong block = 0; block < Blocks + 12; block++)
            {
                var here = ranges.Where(r => r.Start <= block && block < r.End).ToList();
                var trees = here.Select(r => r.Tree).Distinct().ToList();
                expectedSaved += Math.Max(0, trees.Count - 1);
                foreach (var tree in trees)
                {
                    var isOwn = trees.Count == 1 && here.Count > 1;
                    expected[tree] = (expected[tree].Bytes + 1, expected[tree].Own + (isOwn ? 1 : 0), expected[tree].Shared + (isOwn ? 0 : 1));
                }
            }

            Assert.Equal(expectedSaved, saved);
            Assert.Equal(expected, totals.Select(t => (t.Bytes, t.OwnBytes, t.SharedBytes)));
        }
    }

    private static SharedRange Range(ulong start, ulong length, ulong inode, int tree) => new(1, start, length, inode, tree, (int)inode, IsEncoded: false);

    private static (IReadOnlyList<TreeTotals> Totals, long Saved) Tally(int trees, params SharedRange[] ranges)
    {
        var totals = Enumerable.Range(0, trees).Select(_ => new TreeTotals()).ToList();
        return (totals, RangeTally.Add(ranges, 100, totals));
    }
}
