using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Moving;

public sealed class SendingViewTests : IDisposable
{
    private const string Secret = "of the host";
    private readonly PrivatePrefix _prefix = new();
    private readonly string _tree;
    private readonly string _outside;

    public SendingViewTests()
    {
        Assert.SkipUnless(Environment.UserName == "root", "a mount namespace needs root");
        (_tree, _outside) = (_prefix.Paths.VServers + "/web", _prefix.Directory + "/outside");
        Directory.CreateDirectory(_tree);
        Directory.CreateDirectory(_outside);
    }

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void View_SymlinksOfTheTree_AreReadAndLeadNowhere()
    {
        File.WriteAllText(_outside + "/file", Secret);
        Directory.CreateDirectory(_tree + "/real");
        File.WriteAllText(_tree + "/real/file", "its own");
        File.CreateSymbolicLink(_tree + "/d", _outside);
        File.CreateSymbolicLink(_tree + "/inside", "real");
        TrialHost.Run("mknod", _tree + "/null", "c", "1", "3");

        Assert.Equal(Secret, Try("cat", _tree + "/d/file").Output.Trim());
        SendingView.Run(_tree, () =>
        {
            Assert.Contains("symbolic links", Try("cat", _tree + "/d/file").Error, StringComparison.Ordinal);
            Assert.Contains("symbolic links", Try("cat", _tree + "/inside/file").Error, StringComparison.Ordinal);
            Assert.Contains("symbolic links", Try("getfattr", "-d", _tree + "/d/file").Error, StringComparison.Ordinal);
            Assert.Equal("its own", Try("cat", _tree + "/real/file").Output.Trim());
            Assert.Equal(_outside, Try("readlink", _tree + "/d").Output.Trim());
            Assert.Contains("Read-only", Try("touch", _tree + "/x").Error, StringComparison.Ordinal);
            Assert.Contains("Permission denied", Try("cat", _tree + "/null").Error, StringComparison.Ordinal);

            // whatever rsync is told to take from there
            Assert.NotEqual(0, Try("rsync", "-a", _tree + "/d/file", _prefix.Directory + "/taken").ExitCode);
            return 0;
        });
        Assert.False(File.Exists(_prefix.Directory + "/taken"));

        // nothing of it is left for the others
        Assert.Equal(Secret, Try("cat", _tree + "/d/file").Output.Trim());
        Assert.DoesNotContain(_tree, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void View_FileSystemMountedInTheTree_IsSeenAndAsClosed()
    {
        File.WriteAllText(_outside + "/file", Secret);
        Directory.CreateDirectory(_tree + "/home");
        TrialHost.Run("mount", "-t", "tmpfs", "home", _tree + "/home");
        try
        {
            File.WriteAllText(_tree + "/home/file", "its own");
            File.CreateSymbolicLink(_tree + "/home/d", _outside);
            SendingView.Run(_tree, () =>
            {
                Assert.Equal("its own", Try("cat", _tree + "/home/file").Output.Trim());
                Assert.Contains("symbolic links", Try("cat", _tree + "/home/d/file").Error, StringComparison.Ordinal);
                return 0;
            });
        }
        finally
        {
            TrialHost.Run("umount", _tree + "/home");
        }
    }

    [Fact]
    public void View_DirectoryExchangedWithSymlinkAllTheTime_ShowsNothingOfTheHost()
    {
        // the same names on both sides, so that whatever was looked at is there behind the exchange
        Directory.CreateDirectory(_tree + "/d");
        for (var i = 0; i < 200; i++)
        {
            File.WriteAllText($"{_tree}/d/{i}", "its own");
            File.WriteAllText($"{_outside}/{i}", Secret);
        }

        File.CreateSymbolicLink(_tree + "/link", _outside);
        using var over = new CancellationTokenSource();
        var guest = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
            {
                _ = Libc.renameat2(Libc.AT_FDCWD, _tree + "/d", Libc.AT_FDCWD, _tree + "/link", Libc.RENAME_EXCHANGE);
            }
        });
        guest.Start();
        try
        {
            // as an rsync that goes by paths; later ones than 3.2 look where they go by themselves, too
            for (var pass = 0; pass < 10; pass++)
            {
                var read = SendingView.Run(_tree, () => Try("sh", "-c", "cd \"$1\"; for i in $(seq 0 199); do cat d/$i; done 2> /dev/null", "sh", _tree));
                Assert.DoesNotContain(Secret, read.Output, StringComparison.Ordinal);
            }
        }
        finally
        {
            over.Cancel();
            guest.Join();
        }
    }

    private static ChildResult Try(string program, params string[] arguments) => new ChildProcess { Program = program, Arguments = arguments }.Try(TestContext.Current.CancellationToken);
}
