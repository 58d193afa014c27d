using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Which files share their blocks: those of equal content, wherever they lie, and no others.</summary>
public sealed class ReflinkClassesTests : IDisposable
{
    private const int Size = 8192;

    private readonly UnifiedHost _host = new("xfs");

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Unify_RandomContents_ThoseShareThatAreEqual(int seed)
    {
        var random = new Random(seed);
        var contents = new Dictionary<string, int>();
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            _host.Add(name);
            for (var path = 0; path < 12; path++)
            {
                // mostly the path's own, or another path's, or nobody's
                var content = random.Next(4) switch { 0 => random.Next(12), 1 => 100 + random.Next(20), _ => path / 2 };
                contents[Write(name, $"usr/{path}", content)] = content;
            }
        }

        var outcome = _host.Unify(_host.Request("a", "b", "c", "d", "e") with { IsVerified = true });
        _host.Sync();
        var maps = contents.Keys.ToDictionary(f => f, MapOf);
        var classes = contents.GroupBy(c => c.Value).ToList();
        Assert.All(classes, c => Assert.Single(c.Select(f => maps[f.Key]).Distinct()));
        Assert.Equal(classes.Count, maps.Values.Distinct().Count());
        Assert.All(contents, c => Assert.Equal(ContentOf(c.Value), File.ReadAllText(c.Key)));

        // each once, however many paths have it
        Assert.Equal(classes.Sum(c => c.Count() - 1), outcome.FilesChanged);
        Assert.Equal(outcome.FilesChanged * Size, outcome.BytesSaved);
        Assert.Equal(0, _host.Unify("a", "b", "c", "d", "e").FilesChanged);
    }

    [Fact]
    public void Share_CancelledBeforeItWasCompared_IsNotKnownToDiffer()
    {
        _host.Add("a");
        _host.Add("b");
        Write("a", "usr/one", 1);
        Write("b", "usr/other", 1);
        using var scan = Scan("a", "b");
        var work = Work(scan);
        using (var ahead = new ReflinkAhead(work, [RowsOf(scan)]))
        using (var sharer = new ReflinkSharer(work))
        {
            var part = ahead.Take(() => false);
            Assert.NotNull(part);
            Assert.Equal(2, part.Members.Count);
            sharer.Share(part, () => true);
            part.Dispose();
        }

        Assert.All(RowsOf(scan), r => Assert.False(scan.Files[r].Has(FileMarks.Known)));
        Assert.Equal(1, _host.Unify("a", "b").FilesChanged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Share_SourceChangedSinceItWasOpened_TheOthersShare(bool isCut)
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            _host.Add(name);
            Write(name, "usr/file", 1);
        }

        using var scan = Scan("a", "b", "c");
        var work = Work(scan);
        var unchanged = scan.Trees.ToList();
        using (var ahead = new ReflinkAhead(work, [RowsOf(scan)]))
        using (var sharer = new ReflinkSharer(work))
        {
            var part = ahead.Take(() => false);
            Assert.NotNull(part);

            // the first of its path is what the others are compared with
            var first = part.Rows[part.Units[part.Members[0]].Start];
            unchanged.RemoveAt(scan.TreeOf(scan.Files[first]));
            using (var file = File.OpenWrite($"{scan.Trees[scan.TreeOf(scan.Files[first])]}/usr/file"))
            {
                file.SetLength(isCut ? 100 : Size + 100);
            }

            sharer.Share(part, () => false);
            part.Dispose();
        }

        // a guest that changes its own over and over keeps no other from it
        Assert.Equal((1L, Size), (work.FilesChanged, work.BytesSaved));
        Assert.Single(unchanged.Select(t => MapOf(t + "/usr/file")).Distinct());
        Assert.All(RowsOf(scan), r => Assert.False(scan.Files[r].Has(FileMarks.Known)));
        Assert.Equal(isCut ? 100 : Size + 100, new FileInfo(scan.Trees.Except(unchanged).Single() + "/usr/file").Length);
    }

    [Fact]
    public void Unify_OneMoreBesideClones_OnlyItIsChanged()
    {
        string[] names = ["a", "b", "c", "d"];
        foreach (var name in names)
        {
            _host.Add(name);
            Write(name, "usr/file", 1);
        }

        // the one of its own stands first, by inode; the others become clones, in their inodes
        var files = names.OrderBy(n => _host.InodeOf(n, "usr/file")).Select(n => _host.PathOf(n) + "/usr/file").ToList();
        foreach (var file in files[2..])
        {
            new ChildProcess { Program = "cp", Arguments = ["--reflink=always", files[1], file] }.Run();
        }

        _host.Sync();
        Assert.Equal(1, _host.Unify("a", "b", "c", "d").FilesChanged);
    }

    [Fact]
    public void Take_FilesThatMayBeOpenAreUsedUp_GivesWhatIsOpenAndWaitsForNone()
    {
        _host.Add("a");
        _host.Add("b");
        for (var i = 0; i < 40; i++)
        {
            Write("a", $"usr/{i}", i);
            Write("b", $"usr/{i}", i);
        }

        using var scan = Scan("a", "b");
        var work = Work(scan);

        // all but six are another's
        Assert.Equal(work.Descriptors.OfBucket, work.Descriptors.OfBuckets);
        using var others = work.Descriptors.Reserve(work.Descriptors.OfBuckets - 6);
        using var ahead = new ReflinkAhead(work, [.. RowsOf(scan).GroupBy(r => scan.PathHashOf(scan.Files[r])).Select(b => new ArraySegment<int>([.. b]))]);
        using var sharer = new ReflinkSharer(work);
        var taken = 0;
        var thread = new Thread(() =>
        {
            while (ahead.Take(() => false) is { } part)
            {
                taken++;
                sharer.Share(part, () => false);
                part.Dispose();
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "it waits for files that it has open itself");
        Assert.Equal((40, 40L), (taken, work.FilesChanged));
    }

    [Fact]
    public void Unify_FewFilesMayBeOpen_EqualPathsShareAndAreKnown()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            _host.Add(name);
            for (var i = 0; i < 300; i++)
            {
                Write(name, $"usr/{i}", i);
            }
        }

        // what has just been changed is not known for certain
        Thread.Sleep(2500);
        using (var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), "/bin/sh", "-c", "ulimit -n 1024; exec \"$@\"", "sh", HostCommand.Path, "--as", "vunify", "a", "b", "c"))
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        for (var i = 0; i < 300; i++)
        {
            Assert.Single(((string[])["a", "b", "c"]).Select(n => MapOf($"{_host.PathOf(n)}/usr/{i}")).Distinct());
        }

        using var scan = Scan("a", "b", "c");
        var known = new KnownFiles(_host.Prefix.Paths);
        Assert.True(known.Recall(scan, RowsOf(scan)), "the whole bucket is compared again by each run");
    }

    /// <summary>A damaged disk: btrfs reads nothing whose checksum is wrong.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Unify_OneCannotBeRead_TheOthersShare(int damaged)
    {
        using var host = new UnifiedHost("btrfs");
        string[] names = ["a", "b", "c", "d", "e"];
        foreach (var name in names)
        {
            UnifiedHost.Write(host.Add(name), "usr/file", ContentOf(1));
            UnifiedHost.Write(host.PathOf(name), "usr/other", ContentOf(2));
        }

        // of another path, and equal
        UnifiedHost.Write(host.PathOf("a"), "usr/copy", ContentOf(1));

        // one of them is what the others would be compared with
        host.DamageOnDisk(ContentOf(1), damaged);
        var files = names.Select(n => host.PathOf(n) + "/usr/file").Append(host.PathOf("a") + "/usr/copy").ToList();
        var readable = files.Where(CanBeRead).ToList();
        Assert.Equal(files.Count - 1, readable.Count);

        var outcome = host.Unify(names);
        host.Sync();
        Assert.Single(readable.Select(MapOf).Distinct());
        Assert.All(readable, f => Assert.Equal(ContentOf(1), File.ReadAllText(f)));
        Assert.Equal(1, Assert.Single(outcome.Skipped, k => k.Reason == Eligibility.CodeOf(SkipReason.Unreadable)).Files);
        Assert.Equal(0, host.Unify(names).FilesChanged);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Unify_OneOfTwoCannotBeRead_ItIsTheOneThatIsTold(int damaged)
    {
        using var host = new UnifiedHost("btrfs");
        foreach (var name in (string[])["a", "b"])
        {
            UnifiedHost.Write(host.Add(name), "usr/file", ContentOf(1));
        }

        host.DamageOnDisk(ContentOf(1), damaged);
        var unreadable = ((string[])["a", "b"]).Single(n => !CanBeRead(host.PathOf(n) + "/usr/file"));
        host.Unify("a", "b");
        var told = new RecordingReporter();
        UnificationCommand.Unify(host.Prefix.Call("unify") with { Report = told }, host.Request("a", "b") with { IsEachFileTold = true }, isTest: false);
        Assert.Contains(told.Events.OfType<LogEvent>(), l => l.Text == $"{unreadable} /usr/file: {Eligibility.CodeOf(SkipReason.Unreadable)}");
        Assert.DoesNotContain(told.Events.OfType<LogEvent>(), l => l.Text == $"{(unreadable == "a" ? "b" : "a")} /usr/file: {Eligibility.CodeOf(SkipReason.Unreadable)}");
    }

    private static bool CanBeRead(string file)
    {
        try
        {
            return File.ReadAllText(file).Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static SharingWork Work(TreeScan scan) =>
        new(scan, new KnownFiles(new HostPaths("/nowhere")), SharingMethod.Reflink) { Descriptors = new DescriptorBudget(1024, 1) };

    private static int[] RowsOf(TreeScan scan) => [.. scan.Files.Indices];

    private static string ContentOf(int content) => content.ToString("d4", CultureInfo.InvariantCulture).PadRight(Size, 'x');

    private static ulong MapOf(string file)
    {
        using var blocks = new BlockMap();
        using var open = Libc.open(file, Libc.O_RDONLY);
        var map = blocks.HashOf((int)open.DangerousGetHandle(), Size, out _);
        Assert.NotEqual(0ul, map);
        return map;
    }

    private TreeScan Scan(params string[] names)
    {
        _host.Sync();
        var scan = new TreeScan([.. names.Select(_host.PathOf)]);
        new TreeScanner(scan, Exclusions.None).Run(1);
        return scan;
    }

    private string Write(string name, string path, int content)
    {
        UnifiedHost.Write(_host.PathOf(name), path, ContentOf(content));
        return $"{_host.PathOf(name)}/{path}";
    }
}
