using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.DiskShares;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Sharing by hard links. That the kernel protects them is tested where a kernel does.</summary>
public sealed class HardLinkTests : IDisposable
{
    private readonly UnifiedHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Unify_CopiesOfATree_ShareWhatMayBeShared()
    {
        Three();
        var before = Snapshots("a", "b", "c");
        var plan = _host.Plan(_host.Request("a", "b", "c"));
        var outcome = _host.Unify(_host.Request("a", "b", "c") with { IsVerified = true });

        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.Equal(_host.InodeOf("a", "usr/bin/tool"), _host.InodeOf("c", "usr/bin/tool"));
        Assert.Equal(3u, _host.LinksOf("b", "usr/lib/large"));

        // equal content at two paths, and another of the same size beside it
        Assert.Equal(6u, _host.LinksOf("a", "usr/share/doc/a/copyright"));
        Assert.Equal(3u, _host.LinksOf("a", "usr/share/doc/c/copyright"));
        foreach (var own in (string[])["usr/bin/passwd", "etc/hosts", "var/lib/data", "usr/share/empty"])
        {
            Assert.Equal(1u, _host.LinksOf("a", own));
        }

        Assert.Equal(2u, _host.LinksOf("a", "usr/bin/perl"));
        Assert.Equal((15, 15, 15), (outcome.FilesChanged, outcome.FilesShared, outcome.FilesVerified));
        Assert.Equal(["a", "b", "c"], outcome.Members.Select(m => m.VServer.Value));
        Assert.Equal((SharingMethod.HardLink, 33), (plan.Method, plan.Files));
        Assert.True(plan.IsEstimate);
        Assert.InRange(plan.BytesSaved, 2 * 700_000, outcome.BytesSaved + 100_000);
        Assert.Equal(["empty", "excluded-directory", "hard-linked", "set-id"], outcome.Skipped.Select(s => s.Reason).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(_host.Staging));
    }

    [Fact]
    public void Unify_Again_ReadsAndChangesNothing()
    {
        Three();
        _host.Unify("a", "b", "c");
        var inode = _host.InodeOf("a", "usr/bin/tool");
        var again = _host.Unify("a", "b", "c");
        Assert.Equal((0, 15), (again.FilesChanged, again.FilesShared));
        Assert.Equal(inode, _host.InodeOf("a", "usr/bin/tool"));
    }

    [Fact]
    public void Unify_OneMoreVServer_JoinsTheInodeThatIsShared()
    {
        Three();
        _host.Unify("a", "b");
        var inode = _host.InodeOf("a", "usr/lib/large");
        var outcome = _host.Unify("c", "a", "b");
        Assert.Equal(inode, _host.InodeOf("c", "usr/lib/large"));
        Assert.Equal(5, outcome.FilesChanged);
        Assert.Equal(0, _host.Plan(_host.Request("a", "b", "c")).FilesToShare);
    }

    [Fact]
    public void Unify_TwoPairs_BecomeOneInode()
    {
        Three();
        _host.Copy(_host.PathOf("a"), "d");
        _host.Unify("a", "b");
        _host.Unify("c", "d");
        _host.Unify("a", "b", "c", "d");
        Assert.Equal(4u, _host.LinksOf("d", "usr/lib/large"));
        Assert.Equal(4u, _host.LinksOf("d", "usr/bin/tool"));
    }

    [Fact]
    public void Replace_InOneVServer_LeavesTheOthers()
    {
        Three();
        _host.Unify("a", "b", "c");
        var before = Snapshots("b", "c");
        UnifiedHost.Write(_host.PathOf("a"), "usr/bin/tool.dpkg-new", "a newer program\n");
        File.Move(_host.PathOf("a") + "/usr/bin/tool.dpkg-new", _host.PathOf("a") + "/usr/bin/tool", overwrite: true);
        Directory.Delete(_host.PathOf("a") + "/usr/share", recursive: true);
        Assert.Equal(before, Snapshots("b", "c"));
        Assert.Equal(2u, _host.LinksOf("b", "usr/bin/tool"));
    }

    [Fact]
    public void Separate_Afterwards_GivesEachItsOwn()
    {
        Three();
        var before = Snapshots("a", "b", "c");
        _host.Unify("a", "b", "c");
        var outcome = _host.Separate("b");
        Assert.Equal(5, outcome.FilesChanged);
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.Equal(1u, _host.LinksOf("b", "usr/share/doc/a/copyright"));
        Assert.Equal(4u, _host.LinksOf("a", "usr/share/doc/a/copyright"));
        _host.Separate("a", "c");
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.All((string[])["a", "b", "c"], v => Assert.Equal(1u, _host.LinksOf(v, "usr/share/doc/b/copyright")));
        Assert.DoesNotContain(TreeSnapshot.Take(_host.PathOf("a")), l => l.Contains(SharedMark.Attribute, StringComparison.Ordinal));
    }

    [Fact]
    public void SeparationPlan_OfSharedFiles_SaysTheRoomThatTheRunTakes()
    {
        Three();
        _host.Unify("a", "b", "c");
        var before = Snapshots("a", "b", "c");
        var plan = _host.SeparationPlan("b");
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.Empty(plan.Problems);
        var outcome = _host.Separate("b");
        Assert.Equal(outcome.FilesChanged, plan.FilesShared);
        Assert.InRange(plan.BytesSaved, long.MinValue, -700_000);
        Assert.Equal(outcome.BytesSaved, plan.BytesSaved);
    }

    [Fact]
    public void Separate_ImmutableFiles_LeavesNoneImmutable()
    {
        Three();
        for (var i = 0; i < 100; i++)
        {
            ((string[])["a", "b", "c"]).ToList().ForEach(v => UnifiedHost.Write(_host.PathOf(v), $"usr/share/equal/{i}", "the same everywhere\n"));
        }

        var before = Snapshots("a", "b", "c");
        _host.Unify(_host.Request("a", "b", "c") with { Method = SharingMethod.Immutable, IsProtectionTested = false, IsVerified = true });
        Assert.Equal(300u, _host.LinksOf("a", "usr/share/equal/1"));
        Assert.NotEqual(0ul, Libc.statx(null, _host.PathOf("a") + "/usr/share/equal/1").Attributes & Libc.STATX_ATTR_IMMUTABLE);
        var outcome = _host.Separate("a", "b", "c");
        Assert.Equal(315, outcome.FilesChanged);
        Assert.Empty(outcome.Skipped);
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal((1u, 0ul), (_host.LinksOf("b", $"usr/share/equal/{i}"), Libc.statx(null, _host.PathOf("b") + $"/usr/share/equal/{i}").Attributes & Libc.STATX_ATTR_IMMUTABLE)));
    }

    [Fact]
    public void Remove_TreeWithImmutableFiles_OnlyTheLastNameIsThawed()
    {
        Three();
        ((string[])["a", "b", "c"]).ToList().ForEach(v => UnifiedHost.Write(_host.PathOf(v), "usr/share/equal", "the same everywhere\n"));
        _host.Unify(_host.Request("a", "b", "c") with { Method = SharingMethod.Immutable, IsProtectionTested = false, IsVerified = true });
        ulong FrozenOf(string vserver) => Libc.statx(null, _host.PathOf(vserver) + "/usr/share/equal").Attributes & Libc.STATX_ATTR_IMMUTABLE;
        VServerPanel.Native.Operations.TreeRemoval.Remove(_host.PathOf("a"));
        Assert.NotEqual(0ul, FrozenOf("b"));
        VServerPanel.Native.Operations.TreeRemoval.Remove(_host.PathOf("b"));
        Assert.Equal((1u, 0ul), (_host.LinksOf("c", "usr/share/equal"), FrozenOf("c")));
    }

    [Theory]
    [InlineData(SharingMethod.HardLink)]
    [InlineData(SharingMethod.Immutable)]
    public void Unify_LittleRoomAndManySyncs_SharesAll(SharingMethod method)
    {
        Three();
        foreach (var name in (string[])["a", "b", "c"])
        {
            for (var i = 0; i < 200; i++)
            {
                UnifiedHost.Write(_host.PathOf(name), $"usr/share/many/{i}", $"{i:d4}" + new string('x', 1000 + (i % 7 * 9000)));
            }
        }

        var before = Snapshots("a", "b", "c");
        var request = _host.Request("a", "b", "c") with { Limits = new PipelineLimits { SyncFiles = 3, SyncBytes = 64 << 10, MostFreshBytes = 128 << 10 }, IsVerified = true };
        var outcome = _host.Unify(method == SharingMethod.HardLink ? request : request with { Method = method, IsProtectionTested = false });
        Assert.Equal(615, outcome.FilesChanged);
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(3u, _host.LinksOf("b", $"usr/share/many/{i}")));
    }

    [Fact]
    public void Unify_CancelledInTheMiddle_WhatIsSharedStaysSo()
    {
        Three();
        foreach (var name in (string[])["a", "b", "c"])
        {
            for (var i = 0; i < 400; i++)
            {
                UnifiedHost.Write(_host.PathOf(name), $"usr/share/many/{i}", $"{i:d4}" + new string('x', 4000 + i));
            }
        }

        var before = Snapshots("a", "b", "c");
        using var cancel = new CancellationTokenSource();
        var call = _host.Prefix.Call("unify");
        var syncs = 0;

        // nothing more is begun before what was synced is in its place; the cancel is seen within a fraction of a second
        var limits = new PipelineLimits { SyncFiles = 1, MostFreshBytes = 1, OnSync = () => { if (++syncs == 20) { cancel.Cancel(); Thread.Sleep(2000); } } };
        var request = _host.Request("a", "b", "c") with { Limits = limits, Method = SharingMethod.Immutable, IsProtectionTested = false, Threads = 1 };
        Assert.ThrowsAny<OperationCanceledException>(() => UnificationCommand.Unify(call with { Report = new RecordingReporter(), Cancel = cancel.Token }, request, isTest: false));
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.InRange(Enumerable.Range(0, 400).Count(i => _host.LinksOf("a", $"usr/share/many/{i}") > 1), 1, 399);
        Assert.All(Enumerable.Range(0, 400).Where(i => _host.LinksOf("a", $"usr/share/many/{i}") > 1), i => Assert.NotEqual(0ul, Libc.statx(null, _host.PathOf("a") + $"/usr/share/many/{i}").Attributes & Libc.STATX_ATTR_IMMUTABLE));
        Assert.Equal(["a", "b", "c"], UnificationRequest.SharingImmutable(call).Select(v => v.Value));
        _host.Unify(request with { Limits = new PipelineLimits() });
        Assert.All(Enumerable.Range(0, 400), i => Assert.Equal(3u, _host.LinksOf("a", $"usr/share/many/{i}")));
    }

    [Fact]
    public void Unify_OneFileOfSeveralNames_DriftsOnlyWhenItIsChanged()
    {
        Three();
        _host.Unify("a", "b", "c");
        Assert.All(DiskSurvey.OfAll(_host.Prefix.Call()).Shares, s => Assert.Equal(0, s.DriftFiles));

        // what is unified of some packages afterwards tells nothing of the rest
        File.Delete(_host.PathOf("b") + "/usr/lib/large");
        UnifiedHost.Write(_host.PathOf("b"), "usr/lib/large", "of its own");
        Assert.Equal([0, 1, 0], DiskSurvey.OfAll(_host.Prefix.Call()).Shares.Select(s => s.DriftFiles ?? -1));
    }

    [Fact]
    public void Unify_IncludedEtc_IsRefused() =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new Exclusions([], ["/etc/ssl"])).Code);

    [Fact]
    public void Unify_AttributesThatAreSwapped_AreNotEqual()
    {
        Three();
        SetAttributes("a", ("user.AAAuser.BBB", "1"), ("user.x", "2"));
        SetAttributes("b", ("user.BBBuser.AAA", "1"), ("user.x", "2"));
        SetAttributes("c", ("user.x", "2"), ("user.AAAuser.BBB", "1"));
        _host.Unify("a", "b", "c");
        Assert.Equal(_host.InodeOf("a", "usr/lib/large"), _host.InodeOf("c", "usr/lib/large"));
        Assert.Equal(1u, _host.LinksOf("b", "usr/lib/large"));

        void SetAttributes(string name, params (string Name, string Value)[] attributes)
        {
            var path = _host.PathOf(name) + "/usr/lib/large";
            foreach (var (attribute, value) in attributes)
            {
                new ChildProcess { Program = "setfattr", Arguments = ["-n", attribute, "-v", value, path] }.Run();
            }
        }
    }

    [Fact]
    public void Unify_EachFileTold_SaysWhatBecameOfIt()
    {
        Three();
        UnifiedHost.Write(_host.PathOf("a"), "usr/share/alone\u001b[2J", "of a only\n");
        List<string> Lines(bool isTest)
        {
            var report = new RecordingReporter();
            UnificationCommand.Unify(_host.Prefix.Call("unify") with { Report = report }, _host.Request("a", "b", "c") with { IsEachFileTold = true }, isTest);
            return [.. report.Events.OfType<LogEvent>().Where(l => l.Level == LogEvent.Output).Select(l => l.Text)];
        }

        Assert.Contains("c /usr/lib/large: to be shared", Lines(isTest: true));
        var told = Lines(isTest: false);
        Assert.Contains("c /usr/lib/large: made to share", told);
        Assert.Contains("a /usr/share/alone\ufffd[2J: alone", told);
        Assert.Contains("b /usr/bin/perl: hard-linked", told);
        Assert.Contains("a /usr/bin/tool: shared", Lines(isTest: false));
    }

    [Fact]
    public void Unify_FileOpenForWriting_IsLeftAlone()
    {
        Three();
        using (File.Open(_host.PathOf("b") + "/usr/lib/large", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var outcome = _host.Unify("a", "b", "c");
            Assert.Equal(("being-written", 1), outcome.Skipped.Where(s => s.Reason == "being-written").Select(s => (s.Reason, s.Files)).Single());
            Assert.Equal(1u, _host.LinksOf("b", "usr/lib/large"));
            Assert.Equal(2u, _host.LinksOf("a", "usr/lib/large"));
        }

        _host.Unify("a", "b", "c");
        Assert.Equal(3u, _host.LinksOf("b", "usr/lib/large"));
    }

    [Fact]
    public void Unify_AttributesDiffer_IsNotShared()
    {
        Three();
        using (var b = Open("b"))
        {
            Libc.SetXattr(b, "large", "user.note", [1, 2, 3]);
        }

        UnifiedHost.Write(_host.PathOf("c"), "usr/bin/tool", "a program\n", 0b111_101_000);
        _host.Unify("a", "b", "c");
        Assert.Equal(2u, _host.LinksOf("a", "usr/lib/large"));
        Assert.Equal(1u, _host.LinksOf("b", "usr/lib/large"));
        Assert.Equal(1u, _host.LinksOf("c", "usr/bin/tool"));
    }

    [Fact]
    public void Unify_EqualAttributesAndHoles_AreKept()
    {
        Three();
        foreach (var name in (string[])["a", "b", "c"])
        {
            using var lib = Open(name);
            Libc.SetXattr(lib, "large", "user.note", [1, 2, 3]);
            using var file = Libc.openat(lib, "sparse", Libc.O_WRONLY | Libc.O_CREAT, 0b110_100_100);
            RandomAccess.Write(file, new byte[] { 1, 2, 3 }, 5_000_000);
            ErrnoExceptionOf(Libc.ftruncate(file, 9_000_000));
            File.SetLastWriteTimeUtc(_host.PathOf(name) + "/usr/lib/sparse", DateTime.UnixEpoch);
        }

        var before = Snapshots("a", "b", "c");
        _host.Unify("a", "b", "c");
        Assert.Equal(before, Snapshots("a", "b", "c"));
        var sparse = Libc.statx(null, _host.PathOf("a") + "/usr/lib/sparse");
        Assert.Equal(3u, sparse.LinkCount);
        Assert.InRange(sparse.Blocks, 1u, 64u);
        Assert.Equal(3u, _host.LinksOf("a", "usr/lib/large"));
    }

    [Fact]
    public void Unify_ForgedMark_IsWorthNothing()
    {
        Three();
        _host.Unify("a", "b");

        // as one who could write trusted attributes: a copy of a mark on another inode
        using (var a = Open("a"))
        using (var c = Open("c"))
        {
            Libc.SetXattr(c, "large", SharedMark.Attribute, Libc.Xattr(a, "large", SharedMark.Attribute)!);
            new ChildProcess { Program = "ln", Arguments = [_host.PathOf("c") + "/usr/lib/large", _host.PathOf("c") + "/usr/lib/large2"] }.Run();
        }

        var inode = _host.InodeOf("c", "usr/lib/large");
        _host.Unify("c", "a", "b");
        Assert.Equal(inode, _host.InodeOf("c", "usr/lib/large"));
        Assert.Equal(2u, _host.LinksOf("c", "usr/lib/large"));
        Assert.NotEqual(inode, _host.InodeOf("a", "usr/lib/large"));
    }

    [Fact]
    public void Unify_LinksThatNobodyProtects_GetAnInodeThatIs()
    {
        Three();
        new ChildProcess { Program = "ln", Arguments = ["-f", _host.PathOf("a") + "/usr/lib/large", _host.PathOf("b") + "/usr/lib/large"] }.Run();
        var before = _host.InodeOf("a", "usr/lib/large");
        _host.Unify("a", "b");
        Assert.NotEqual(before, _host.InodeOf("a", "usr/lib/large"));
        Assert.Equal(_host.InodeOf("a", "usr/lib/large"), _host.InodeOf("b", "usr/lib/large"));
        using var lib = Open("a");
        Assert.NotNull(Libc.Xattr(lib, "large", SharedMark.Attribute));
    }

    [Fact]
    public void Unify_ManyOfOneSize_AreParted()
    {
        Three();
        foreach (var name in (string[])["a", "b", "c"])
        {
            for (var i = 0; i < 60; i++)
            {
                UnifiedHost.Write(_host.PathOf(name), $"usr/share/many/{i}", $"{i % 20:d4}" + new string('x', 300_000));
            }
        }

        var before = Snapshots("a", "b", "c");
        _host.Unify("a", "b", "c");
        Assert.Equal(before, Snapshots("a", "b", "c"));
        Assert.Equal(20, Enumerable.Range(0, 60).Select(i => _host.InodeOf("b", $"usr/share/many/{i}")).Distinct().Count());
        Assert.Equal(9u, _host.LinksOf("a", "usr/share/many/59"));
    }

    private static void ErrnoExceptionOf(int result) => ErrnoException.ThrowIfFailed(result, "call");

    private SafeFileHandle Open(string name) => Libc.open(_host.PathOf(name) + "/usr/lib", Libc.O_RDONLY | Libc.O_DIRECTORY);

    private void Three()
    {
        UnifiedHost.Fill(_host.Add("a"));
        _host.Copy(_host.PathOf("a"), "b");
        _host.Copy(_host.PathOf("a"), "c");
    }

    private List<string> Snapshots(params string[] names) => [.. names.SelectMany(n => _host.Snapshot(n).Select(l => $"{n} {l}"))];
}
