using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Whoever opens a file for writing while it is compared for hard links, or copied.</summary>
public sealed class LeaseTests : IDisposable
{
    private const int Blocks = 32;
    private const int Size = Blocks * (256 << 10);

    private readonly UnifiedHost _host = new();

    public void Dispose() => _host.Dispose();

    /// <param name="files">That are compared: many are parted by a hash of each block first.</param>
    /// <param name="isCopied">Whether all are compared by then, and one of them is being copied.</param>
    [Theory]
    [InlineData(3, false)]
    [InlineData(20, false)]
    [InlineData(3, true)]
    public void Match_SomebodyOpensAFileForWriting_HeIsLetInAtOnce(int files, bool isCopied)
    {
        var names = Enumerable.Range(0, files).Select(i => $"v{i}").ToArray();
        using var trial = new Trial(_host, names);
        var (scan, matcher) = (trial.Scan, trial.Matcher);
        var rows = Enumerable.Range(0, files).ToArray();

        // not the one that is copied, or all would be left for the next run
        using var opened = new ManualResetEventSlim();
        var written = rows.OrderBy(r => scan.Files[r].Inode).Last();
        var writer = new Thread(() =>
        {
            using var file = File.Open($"{scan.Trees[scan.TreeOf(scan.Files[written])]}/file", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            opened.Set();
        });

        // each file's blocks are asked for once, and those of the copy again
        var (asked, first, wasLetIn) = (0, isCopied ? (files * Blocks) + 2 : 2, false);
        matcher.Match(rows, () =>
        {
            if (++asked == first)
            {
                writer.Start();
            }

            wasLetIn |= asked > first && opened.Wait(TimeSpan.FromMilliseconds(wasLetIn ? 0 : 30));
            return false;
        });
        Assert.True(asked > first);
        writer.Join();
        Assert.True(wasLetIn, "he waited until all was done");
        var found = Assert.Single(matcher.Found);
        Assert.Equal(isCopied ? files : files - 1, found.Rows.Length);
        if (!isCopied)
        {
            Assert.Equal(SkipReason.BeingWritten, scan.Files[written].Reason);
            Assert.DoesNotContain(written, found.Rows);
        }

        found.Close();
    }

    [Fact]
    public void Match_CancelledWhileItCopies_LeavesNothing()
    {
        using var trial = new Trial(_host, "a", "b");
        var (scan, matcher) = (trial.Scan, trial.Matcher);
        var copied = 0L;
        matcher.Match([0, 1], () =>
        {
            // what is in staging is the copy
            copied = Math.Max(copied, Directory.GetFiles(_host.Staging, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length));
            return copied > 0;
        });
        Assert.InRange(copied, 1, Size - 1);
        Assert.Empty(matcher.Found);
        Assert.Empty(Directory.GetFiles(_host.Staging, "*", SearchOption.AllDirectories));
        Assert.All((int[])[0, 1], r => Assert.False(scan.Files[r].Has(FileMarks.Known)));
    }

    /// <summary>It is in use, and the disk is not at fault.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("xfs")]
    public void Unify_GuestHoldsALease_IsToldAsInUse(string? fileSystem)
    {
        using var host = new UnifiedHost(fileSystem);
        UnifiedHost.Write(host.Add("a"), "usr/file", new string('x', 50_000));
        host.Copy(host.PathOf("a"), "b");
        OpenedFile.IgnoreSignals();
        using var leased = Libc.open(host.PathOf("b") + "/usr/file", Libc.O_RDWR);
        Assert.Equal(0, Libc.fcntl((int)leased.DangerousGetHandle(), Libc.F_SETLEASE, Libc.F_WRLCK));
        var outcome = host.Unify("a", "b");
        Assert.Equal(0, outcome.FilesChanged);
        Assert.Contains(outcome.Skipped, s => (s.Reason, s.Files) == (Eligibility.CodeOf(SkipReason.BeingWritten), 1));
        Assert.DoesNotContain(outcome.Skipped, s => s.Reason == Eligibility.CodeOf(SkipReason.Unreadable));
    }

    /// <summary>What is in use stays shared, is told, and stays on record.</summary>
    [Fact]
    public void Separate_GuestHoldsALeaseOnASharedFile_IsTold()
    {
        UnifiedHost.Write(_host.Add("a"), "usr/file", new string('x', 50_000));
        _host.Copy(_host.PathOf("a"), "b");
        Assert.Equal(2, _host.Unify("a", "b").FilesShared);
        OpenedFile.IgnoreSignals();
        using (var leased = Libc.open(_host.PathOf("a") + "/usr/file", Libc.O_RDWR))
        {
            Assert.Equal(0, Libc.fcntl((int)leased.DangerousGetHandle(), Libc.F_SETLEASE, Libc.F_WRLCK));
            var outcome = _host.Separate("b");
            Assert.Equal((0, Eligibility.CodeOf(SkipReason.BeingWritten)), (outcome.FilesChanged, Assert.Single(outcome.Skipped).Reason));
        }

        Assert.NotNull(Record());
        Assert.Equal(1, _host.Separate("b").FilesChanged);
        Assert.Null(Record());

        UnificationState? Record() => UnificationState.Find(_host.Prefix.Paths, _host.Prefix.Call().Registry, VServerName.Parse("b"));
    }

    /// <summary>A matcher of vservers that have one file each, all of them equal.</summary>
    private sealed class Trial : IDisposable
    {
        private readonly StagingArea _staging;
        private readonly DirectoryDescriptors _directories;

        public Trial(UnifiedHost host, params IReadOnlyList<string> names)
        {
            foreach (var name in names)
            {
                File.WriteAllBytes(host.Add(name) + "/file", new byte[Size]);
            }

            OpenedFile.IgnoreSignals();
            Scan = new TreeScan([.. names.Select(host.PathOf)]);
            new TreeScanner(Scan, Exclusions.None).Run(1, () => { });
            var work = new SharingWork(Scan, new KnownFiles(host.Prefix.Paths), SharingMethod.HardLink) { Descriptors = new DescriptorBudget(1) };
            _staging = new StagingArea(host.Prefix.Paths, "trial", 1);
            _directories = new DirectoryDescriptors(Scan);
            Matcher = new LinkMatcher(work, _staging, 0, _directories);
        }

        public TreeScan Scan { get; }

        public LinkMatcher Matcher { get; }

        public void Dispose()
        {
            Matcher.Dispose();
            _directories.Dispose();
            _staging.Dispose();
            Scan.Dispose();
        }
    }
}
