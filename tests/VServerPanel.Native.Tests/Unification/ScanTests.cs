using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>The walk over trees that guests have made.</summary>
public sealed class ScanTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("scan-").FullName;

    public void Dispose() => TreeRemoval.Remove(_directory);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Scan_OfRandomTrees_FindsWhatFindFinds(int walkers)
    {
        var trees = Enumerable.Range(0, 5).Select(i => Tree("t" + i)).ToList();
        for (var i = 0; i < trees.Count; i++)
        {
            new RandomTree(i + 100).MakeIn(trees[i]);
        }

        using var scan = Scan(trees, walkers);
        for (var i = 0; i < trees.Count; i++)
        {
            Assert.Equal(Find(trees[i], "-type", "f").Length, scan.Counts[i].Files);
            Assert.Equal(Find(trees[i], "-type", "f", "!", "-perm", "/6000", "!", "-size", "0").Order(StringComparer.Ordinal), Paths(scan, i));
        }
    }

    [Fact]
    public void Scan_GuestsTricks_AreNotFollowed()
    {
        var tree = Tree("web");
        Directory.CreateDirectory(tree + "/usr/bin");
        Directory.CreateDirectory(tree + "/var/lib");
        File.WriteAllText(tree + "/usr/bin/ls", "x");
        File.WriteAllText(tree + "/var/lib/mine", "x");
        File.WriteAllText(_directory + "/outside", "x");
        File.CreateSymbolicLink(tree + "/usr/lib", "../../..");
        File.CreateSymbolicLink(tree + "/usr/passwd", "/etc/passwd");
        using var scan = Scan([tree], 2);
        Assert.Equal(["usr/bin/ls"], Paths(scan, 0));
        Assert.Equal(2, scan.Counts[0].Files);
        Assert.Equal(1, scan.Counts[0].SkippedFiles[(int)SkipReason.ExcludedDirectory]);
    }

    [Fact]
    public void Scan_OtherMounts_AreNotEntered()
    {
        var tree = Tree("web");
        Directory.CreateDirectory(tree + "/usr/mount");
        File.WriteAllText(tree + "/usr/own", "x");
        var mount = new ChildProcess { Program = "mount", Arguments = ["-t", "tmpfs", "test", tree + "/usr/mount"] }.Try();
        Assert.SkipUnless(mount.ExitCode == 0, $"cannot mount here: {mount.Error.Trim()}");
        try
        {
            File.WriteAllText(tree + "/usr/mount/foreign", "x");
            using var scan = Scan([tree], 2);
            Assert.Equal(["usr/own"], Paths(scan, 0));
            Assert.Equal(1, scan.Counts[0].NotEntered);
        }
        finally
        {
            new ChildProcess { Program = "umount", Arguments = [tree + "/usr/mount"] }.Run();
        }
    }

    [Fact]
    public void HaveSamePath_OfFilesInTwoTrees_ComparesTheWholePath()
    {
        var trees = new[] { Tree("a"), Tree("b") };
        foreach (var tree in trees)
        {
            Directory.CreateDirectory(tree + "/usr/x/y");
            Directory.CreateDirectory(tree + "/usr/y");
            File.WriteAllText(tree + "/usr/x/y/f", "x");
            File.WriteAllText(tree + "/usr/y/f", "x");
        }

        using var scan = Scan(trees, 1);
        var rows = Rows(scan).ToList();
        Assert.Equal(4, rows.Count);
        Assert.All(rows, a => Assert.All(rows, b => Assert.Equal(scan.PathOf(a) == scan.PathOf(b), scan.HaveSamePath(a, b))));
        Assert.All(rows, a => Assert.Equal(PathHash.Of(System.Text.Encoding.UTF8.GetBytes(scan.PathOf(a))), scan.PathHashOf(a)));
    }

    private static TreeScan Scan(IReadOnlyList<string> trees, int walkers)
    {
        var scan = new TreeScan(trees);
        new TreeScanner(scan, Exclusions.Default).Run(walkers);
        return scan;
    }

    private static IEnumerable<FileRow> Rows(TreeScan scan) => scan.Files.Indices.Select(i => scan.Files[i]);

    private static IEnumerable<string> Paths(TreeScan scan, int tree) => Rows(scan).Where(r => scan.TreeOf(r) == tree).Select(r => scan.PathOf(r)).Order(StringComparer.Ordinal);

    private static string[] Find(string tree, params string[] tests)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("find", [tree, .. tests, "-printf", "%P\\0"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return PathMarshaller.Decode(output.ToArray()).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private string Tree(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;
}
