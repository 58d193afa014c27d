using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>The published command, killed at every call that changes something, and at any moment: every file is whole, and the next run leaves nothing over.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly string[] s_shared = ["usr/bin/tool", "usr/lib/large", "usr/share/doc/a/copyright", "usr/share/doc/c/copyright"];

    private readonly UnifiedHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Unify_KilledAtEveryFaultPoint_LeavesEveryFileWhole() => EveryFaultPoint("--as", "vunify", "--method", "immutable", "--threads", "1", "a", "b");

    [Fact]
    public void Separate_KilledAtEveryFaultPoint_LeavesEveryFileWhole()
    {
        Fill();
        Expect("--as", "vunify", "--method", "immutable", "a", "b");
        EveryFaultPoint("--as", "vunify", "--undo", "--threads", "1", "a", "b");
    }

    [Fact]
    public void Unify_ByBlocksKilledAtEveryFaultPoint_LeavesEveryFileWhole()
    {
        using var host = new UnifiedHost("xfs");
        UnifiedHost.Fill(host.Add("a"));
        host.Copy(host.PathOf("a"), "b");
        var before = Snapshots(host);
        KillAtEveryPoint(host, () => Snapshots(host), mostPoints: 200, leastPoints: 10, recovered: null, "--as", "vunify", "--threads", "1", "a", "b");
        Assert.Equal(0, HostCommand.Run(host.Prefix, "--as", "vunify", "--verify", "a", "b").ExitCode);
        Assert.Equal(before, Snapshots(host));
        Assert.Empty(Directory.EnumerateFiles(KnownFiles.DirectoryOf(host.Prefix.Paths), "*.new"));
    }

    /// <summary>Files that are rewritten where they lie have their content at any instant; their time may be that of the kill.</summary>
    [Fact]
    public void Separate_SubvolumesKilledAtEveryFaultPoint_LeavesEveryFileWhole()
    {
        using var host = UnifiedHost.OfSubvolumes("a", "b");
        UnifiedHost.Write(host.PathOf("a"), "usr/small", new string('s', 50_000));
        UnifiedHost.Write(host.PathOf("a"), "usr/large", string.Concat(Enumerable.Range(0, 600_000).Select(i => $"{i:d6}")));
        host.Clone("a", "b");
        KillAtEveryPoint(host, () => Contents(host), mostPoints: 100, leastPoints: 10, recovered: null, "--as", "vserver", "b", "deunify");
        host.Sync();
        Assert.Equal(0, host.SeparationPlan("b").FilesShared);
        Assert.False(Directory.Exists(host.Staging));

        static List<string> Contents(UnifiedHost host) => [.. ((string[])["a", "b"]).SelectMany(n => TreeSnapshot.Take(host.PathOf(n)).Select(l => $"{n} {l}"))];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Unify_SourceGetsOtherAttributesWhileItIsShared_NobodyElseGetsThem(bool isMode)
    {
        UnifiedHost.Write(_host.Add("a"), "usr/bin/tool", "a program\n", 0b111_101_101);
        _host.Copy(_host.PathOf("a"), "b");

        // of those with as many blocks the first inode is the source; a file system may give a lower one to the later file
        var (first, second) = _host.InodeOf("a", "usr/bin/tool") < _host.InodeOf("b", "usr/bin/tool") ? ("a", "b") : ("b", "a");
        var (tool, other) = (_host.PathOf(first) + "/usr/bin/tool", _host.PathOf(second) + "/usr/bin/tool");
        var isStopped = false;
        using (var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_STOP"] = isMode ? "compared" : "sharing" }, HostCommand.Path, "--as", "vunify", "--method", "immutable", "--threads", "1", "a", "b"))
        {
            AtEachStop(process, () =>
            {
                isStopped = true;
                new ChildProcess { Program = isMode ? "chmod" : "setfattr", Arguments = isMode ? ["4755", tool] : ["-n", "user.evil", "-v", "1", tool] }.Run();
            });
            Assert.Equal(0, process.ExitCode);
        }

        Assert.True(isStopped);
        Assert.NotEqual(_host.InodeOf("a", "usr/bin/tool"), _host.InodeOf("b", "usr/bin/tool"));
        Assert.Equal(isMode ? 0b100_111_101_101 : 0b111_101_101, Libc.statx(null, tool).Mode & 0xfff);
        Assert.Equal(0b111_101_101, Libc.statx(null, other).Mode & 0xfff);
        Assert.Equal("a program\n", File.ReadAllText(other));
        Assert.DoesNotContain(TreeSnapshot.Take(_host.PathOf(second)), l => l.Contains("user.evil", StringComparison.Ordinal));
    }

    [Fact]
    public void Unify_WhatAGuestPutThereCannotGoBack_IsKept()
    {
        UnifiedHost.Write(_host.Add("a"), "usr/bin/tool", "a program\n", 0b111_101_101);
        _host.Copy(_host.PathOf("a"), "b");
        _host.Copy(_host.PathOf("a"), "c");
        Expect("--as", "vunify", "--method", "immutable", "a", "b");
        var (directory, stops, output) = (_host.PathOf("c") + "/usr/bin", 0, "");
        try
        {
            using var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_STOP"] = "exchanging,exchanged" }, HostCommand.Path, "--as", "vunify", "--method", "immutable", "--threads", "1", "a", "b", "c");
            AtEachStop(process, () =>
            {
                if (stops++ == 0)
                {
                    UnifiedHost.Write(directory, "new", "a newer program\n");
                    File.Move(directory + "/new", directory + "/tool", overwrite: true);
                }
                else
                {
                    // a name that nothing can be put to
                    new ChildProcess { Program = "chattr", Arguments = ["+i", directory] }.Run();
                }
            });
            Assert.Equal(0, process.ExitCode);
            output = process.StandardError.ReadToEnd();
        }
        finally
        {
            new ChildProcess { Program = "chattr", Arguments = ["-i", directory] }.Run();
        }

        Assert.Equal(2, stops);
        Assert.Equal("a program\n", File.ReadAllText(directory + "/tool"));
        var kept = Assert.Single(Directory.GetFiles(_host.Staging, "t*", SearchOption.AllDirectories));
        Assert.Equal("a newer program\n", File.ReadAllText(kept));
        Assert.Contains($"c: /usr/bin/tool was changed while it was replaced, and what was put there could not go back (EPERM). It is kept as {kept}", output, StringComparison.Ordinal);

        // also from the next run, which reminds of it, and it can be put where it belongs, as it is told
        Assert.Contains("'vserver c deunify'", output, StringComparison.Ordinal);
        var undone = HostCommand.Run(_host.Prefix, "--as", "vunify", "--undo", "c");
        Assert.Equal(0, undone.ExitCode);
        Assert.Contains($"'{Path.GetDirectoryName(Path.GetDirectoryName(kept))}'", undone.Error, StringComparison.Ordinal);
        File.Move(kept, directory + "/tool", overwrite: true);
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(kept))!, recursive: true);
        Expect("--as", "vunify", "--method", "immutable", "--verify", "a", "b", "c");
        Assert.Equal("a newer program\n", File.ReadAllText(directory + "/tool"));
        Assert.False(Directory.Exists(_host.Staging));
    }

    /// <summary>Does something whenever the command has stopped itself, and has it go on, until it ends.</summary>
    private static void AtEachStop(System.Diagnostics.Process process, Action act)
    {
        while (!process.HasExited)
        {
            if (IsStopped(process))
            {
                act();
                _ = Libc.kill(process.Id, Libc.SIGCONT);
            }

            process.WaitForExit(20);
        }
    }

    private static bool IsStopped(System.Diagnostics.Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[^1][0] == 'T';
        }
        catch (IOException) when (process.HasExited)
        {
            return false;
        }
    }

    [Fact]
    public void Unify_KilledAtAnyMoment_LeavesEveryFileWhole()
    {
        Fill();
        for (var i = 0; i < 300; i++)
        {
            UnifiedHost.Write(_host.PathOf("a"), $"usr/share/many/{i}", $"{i % 30:d4}" + new string('x', i * 100));
            UnifiedHost.Write(_host.PathOf("b"), $"usr/share/many/{i}", $"{i % 30:d4}" + new string('x', i * 100));
        }

        var before = Snapshots();
        var random = new Random(11);
        for (var round = 0; round < 15; round++)
        {
            using (var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, "--as", "vunify", "--method", "immutable", "a", "b"))
            {
                Thread.Sleep(random.Next(5, 120));
                _ = Libc.kill(process.Id, Libc.SIGKILL);
                process.WaitForExit();
            }

            Assert.Equal(before, Snapshots());
            if (round % 4 == 3)
            {
                Expect("--as", "vunify", "--undo", "a", "b");
                Assert.Equal(before, Snapshots());
            }
        }

        Expect("--as", "vunify", "--method", "immutable", "a", "b");
        Assert.Equal(before, Snapshots());
        AssertShared();
    }

    [Fact]
    public void Unify_FewFilesMayBeOpen_TakesLargeBucketsInParts()
    {
        Fill();
        foreach (var name in (string[])["a", "b"])
        {
            // of one size and time, and all different
            for (var i = 0; i < 1500; i++)
            {
                UnifiedHost.Write(_host.PathOf(name), $"usr/share/many/{i}", $"{i:d6}");
            }
        }

        var before = Snapshots();
        using (var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), "/bin/sh", "-c", "ulimit -n 1024; exec \"$@\"", "sh", HostCommand.Path, "--as", "vunify", "--method", "immutable", "a", "b"))
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        Assert.Equal(before, Snapshots());
        AssertShared();

        // those of the same path are in the same part
        Assert.All(Enumerable.Range(0, 1500), i => Assert.Equal(2u, _host.LinksOf("a", $"usr/share/many/{i}")));
    }

    private void EveryFaultPoint(params string[] words)
    {
        if (!Directory.Exists(_host.PathOf("a")))
        {
            Fill();
        }

        var before = Snapshots();
        KillAtEveryPoint(_host, Snapshots, mostPoints: 400, leastPoints: 20, Recovered, words);
        Expect("--as", "vunify", "--method", "immutable", "--verify", "a", "b");
        Assert.Equal(before, Snapshots());
        AssertShared();

        void Recovered(int point)
        {
            Assert.False(Directory.Exists(_host.Staging) && Directory.EnumerateFileSystemEntries(_host.Staging).Any(), $"point {point}: staging is not empty");
            Assert.Equal(before, Snapshots());
            AssertProtected(point);
        }
    }

    /// <summary>Runs a command again and again, killed one call that changes something later each time, until it ends by itself.</summary>
    /// <param name="host">Where.</param>
    /// <param name="state">What no kill may change.</param>
    /// <param name="mostPoints">It ends within so many.</param>
    /// <param name="leastPoints">It reaches more than so many.</param>
    /// <param name="recovered">Looks at what a kill at some point has left behind the recovery.</param>
    /// <param name="words">The command.</param>
    private static void KillAtEveryPoint(UnifiedHost host, Func<List<string>> state, int mostPoints, int leastPoints, Action<int>? recovered, params string[] words)
    {
        var before = state();
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, mostPoints);
            var output = HostCommand.Run(host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, words);
            var now = state();
            Assert.True(before.SequenceEqual(now), $"point {point}:\n{string.Join('\n', now.Except(before))}\ninstead of\n{string.Join('\n', before.Except(now))}");
            if (!output.WasKilled)
            {
                Assert.True(output.ExitCode == 0, output.Error);
                Assert.True(point > leastPoints, $"only {point} points were reached");
                return;
            }

            Assert.Equal(0, HostCommand.Run(host.Prefix, "--as", "vserver-jobs", "recover").ExitCode);
            recovered?.Invoke(point);
        }
    }

    /// <summary>What both have is immutable, and it is on record that they share such files.</summary>
    private void AssertProtected(int point)
    {
        foreach (var file in s_shared.Where(f => _host.InodeOf("a", f) == _host.InodeOf("b", f)))
        {
            Assert.True((Libc.statx(null, _host.PathOf("a") + "/" + file).Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0, $"point {point}: {file} is shared and can be written to");
            Assert.Equal(["a", "b"], UnificationRequest.SharingImmutable(_host.Prefix.Call()).Select(v => v.Value));
        }
    }

    /// <summary>Whatever has gone before, each inode is shared by both, marked, and immutable.</summary>
    private void AssertShared()
    {
        foreach (var file in s_shared)
        {
            Assert.Equal(_host.InodeOf("a", file), _host.InodeOf("b", file));
            Assert.NotEqual(0ul, Libc.statx(null, _host.PathOf("a") + "/" + file).Attributes & Libc.STATX_ATTR_IMMUTABLE);
        }

        Assert.False(Directory.Exists(_host.Staging) && Directory.EnumerateFileSystemEntries(_host.Staging).Any());
    }

    private void Expect(params string[] words)
    {
        var output = HostCommand.Run(_host.Prefix, words);
        Assert.True(output.ExitCode == 0, output.Error + output.Output);
    }

    private void Fill()
    {
        UnifiedHost.Fill(_host.Add("a"));
        _host.Copy(_host.PathOf("a"), "b");
    }

    private List<string> Snapshots() => Snapshots(_host);

    // a directory whose time was not put back yet when the kill came keeps the moment of the change: all else is as it was
    private static List<string> Snapshots(UnifiedHost host) => [.. ((string[])["a", "b"]).SelectMany(n => TreeSnapshot.Take(host.PathOf(n), withTimes: true).Select(l => $"{n} {Without(l)}"))];

    // path, mode (of a directory 40…), owner, time
    private static string Without(string line) =>
        string.Join(' ', line.Split(' ').Where((w, i) => (i != 3 || !line.Split(' ')[1].StartsWith("40", StringComparison.Ordinal)) && !w.StartsWith("same-as=", StringComparison.Ordinal) && !w.StartsWith(SharedMark.Attribute, StringComparison.Ordinal)));
}
