using System.Globalization;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>The published command, killed at every call that changes something, and at any moment: every file is whole, and the next run leaves nothing over.</summary>
public sealed class CrashTests : IDisposable
{
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

    private void EveryFaultPoint(params string[] words)
    {
        if (!Directory.Exists(_host.PathOf("a")))
        {
            Fill();
        }

        var before = Snapshots();
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 400);
            var output = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, words);
            var now = Snapshots();
            Assert.True(before.SequenceEqual(now), $"point {point}:\n{string.Join('\n', now.Except(before))}\ninstead of\n{string.Join('\n', before.Except(now))}");
            if (!output.WasKilled)
            {
                Assert.True(output.ExitCode == 0, output.Error);
                Assert.True(point > 20, $"only {point} points were reached");
                break;
            }

            Assert.Equal(0, HostCommand.Run(_host.Prefix, "--as", "vserver-jobs", "recover").ExitCode);
            Assert.False(Directory.Exists(_host.Staging) && Directory.EnumerateFileSystemEntries(_host.Staging).Any(), $"point {point}: staging is not empty");
            Assert.Equal(before, Snapshots());
        }

        Expect("--as", "vunify", "--method", "immutable", "--verify", "a", "b");
        Assert.Equal(before, Snapshots());
        AssertShared();
    }

    /// <summary>Whatever has gone before, each inode is shared by both, marked, and immutable.</summary>
    private void AssertShared()
    {
        foreach (var file in (string[])["usr/bin/tool", "usr/lib/large", "usr/share/doc/a/copyright", "usr/share/doc/c/copyright"])
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

    // a directory whose time was not put back yet when the kill came keeps the moment of the change: all else is as it was
    private List<string> Snapshots() => [.. ((string[])["a", "b"]).SelectMany(n => TreeSnapshot.Take(_host.PathOf(n)).Select(l => $"{n} {Without(l)}"))];

    private static string Without(string line) =>
        string.Join(' ', line.Split(' ').Where(w => !w.StartsWith("same-as=", StringComparison.Ordinal) && !w.StartsWith(SharedMark.Attribute, StringComparison.Ordinal)));
}
