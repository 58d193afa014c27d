using System.Diagnostics;
using System.Text;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Moving;

public sealed class TreeChangesTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private string Tree => _prefix.Paths.VServers + "/tree";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Since_WrittenMadeRenamedAndChmodded_AreCounted()
    {
        TrialHost.Run("sh", "-ec", $"mkdir -p {Tree}/d/e/f; cd {Tree}; for i in 1 2 3 4 5 6; do head -c ${{i}}000 /dev/zero > d/e/$i; done; ln -s d link; mkfifo fifo");

        // the time of files stands still for a tick of the kernel's
        Thread.Sleep(60);
        var moment = DateTimeOffset.UtcNow;
        Assert.Equal((0, 0), Totals(moment));
        Thread.Sleep(60);
        TrialHost.Run("sh", "-ec", $"cd {Tree}/d/e; cat 1 > /dev/null; echo >> 2; mv 3 f/renamed; chmod 600 4; echo new > f/new; touch -h ../../link; touch ../../fifo; mkdir g");
        Assert.Equal((4, 2001 + 3000 + 4000 + 4), Totals(moment));
        Assert.Equal(["d/e/2", "d/e/4", "d/e/f/new", "d/e/f/renamed"], Names(Since(moment).FilePaths));
        Assert.Equal(["d/e/", "d/e/f/", "d/e/g/"], Names(Since(moment).DirectoryPaths));
        Assert.Equal((0, 0), Totals(DateTimeOffset.UtcNow.AddSeconds(1)));

        // a directory that gets another name is copied anew with all that is in it
        Thread.Sleep(60);
        moment = DateTimeOffset.UtcNow;
        Thread.Sleep(60);
        TrialHost.Run("mv", Tree + "/d/e", Tree + "/d/other");
        Assert.Equal(7, Since(moment).Files);
        Assert.Equal(["d/", "d/other/", "d/other/f/", "d/other/g/"], Names(Since(moment).DirectoryPaths));
        Assert.Equal(7, Since(DateTimeOffset.UnixEpoch).Files);
        Assert.Equal(["", "d/", "d/other/", "d/other/f/", "d/other/g/"], Names(Since(DateTimeOffset.UnixEpoch).DirectoryPaths));
    }

    [Fact]
    public void Since_DirectoriesThatChangedPlacesAndWereWrittenTo_AreNewWithAllInThem()
    {
        TrialHost.Run("sh", "-ec", $"mkdir -p {Tree}/one/deep {Tree}/two/deep; cd {Tree}; echo 1 > one/deep/v; echo 2 > two/deep/v; touch -d @0 one/deep/v two/deep/v");
        Thread.Sleep(60);
        var moment = DateTimeOffset.UtcNow;
        Thread.Sleep(60);
        TrialHost.Run("sh", "-ec", $"cd {Tree}; mv one x; mv two one; mv x two; touch one/pid two/pid");
        Assert.Equal(["one/deep/v", "one/pid", "two/deep/v", "two/pid"], Names(Since(moment).FilePaths));
        Assert.Equal(["", "one/", "one/deep/", "two/", "two/deep/"], Names(Since(moment).DirectoryPaths));
    }

    [Fact]
    public void Since_ClockThatWasSetBack_ListsNothing()
    {
        Directory.CreateDirectory(Tree);
        var moment = CopyMoment.Now();
        Assert.True(moment.IsCertain);
        Assert.True(TreeChanges.Since(Tree, moment, TestContext.Current.CancellationToken).IsListed);
        CopyMoment[] doubtful = [moment with { AheadMilliseconds = moment.AheadMilliseconds + 5000 }, moment with { BootId = "another", At = DateTimeOffset.UtcNow.AddMinutes(1) }];
        Assert.All(doubtful, m => Assert.False(TreeChanges.Since(Tree, m, TestContext.Current.CancellationToken).IsListed));
        Assert.True((moment with { BootId = "another" }).IsCertain);
        Assert.False(TreeChanges.Since(Tree, null, TestContext.Current.CancellationToken).IsListed);
    }

    [Fact]
    public void Since_MoreThanIsKept_IsNotListed()
    {
        // paths of 4,000 bytes: 20,000 of them are 80 MB
        TrialHost.Run("python3", "-c", $"import os; os.makedirs('{Tree}'); os.chdir('{Tree}')\nfor i in range(16): os.mkdir('d' * 240); os.chdir('d' * 240)\nfor i in range(18000): open(str(i), 'w').close()");
        var changes = Since(DateTimeOffset.UnixEpoch);
        Assert.Equal((18000, false, 0), (changes.Files, changes.IsListed, changes.FilePaths.Count));
    }

    [Fact]
    public void Begin_PageThatIsMappedAndDirty_GivesItsFileATimeAgain()
    {
        Directory.CreateDirectory(Tree);

        // writes to a page, which gives the file its time; then again and again, which gives none, until the page is on the disk
        const string Program = """
            import mmap, os, sys
            f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); os.ftruncate(f, 4096); m = mmap.mmap(f, 4096)
            while True:
                m[0] = (m[0] + 1) % 256; print(flush=True); sys.stdin.readline()
            """;
        using var writer = Process.Start(new ProcessStartInfo("python3", ["-c", Program, Tree + "/mapped"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            writer.StandardOutput.ReadLine();

            // somebody else's sync may come in between
            var isSilent = false;
            for (var i = 0; i < 100 && !isSilent; i++)
            {
                var before = ChangeTime();
                Thread.Sleep(60);
                Write();
                isSilent = ChangeTime() == before;
            }

            Assert.True(isSilent, "a write to a page that was dirty gave its file a time");
            var moment = DateTimeOffset.UtcNow;
            Thread.Sleep(60);
            Assert.InRange(TreeChanges.Begin(Tree, Assert.Fail)!.At, moment.AddSeconds(-20), moment);
            Write();
            Assert.Equal(["mapped"], Names(Since(moment).FilePaths));
        }
        finally
        {
            writer.Kill();
        }

        string ChangeTime() => TrialHost.Run("stat", "-c", "%.Z", Tree + "/mapped");

        void Write()
        {
            writer.StandardInput.WriteLine();
            writer.StandardOutput.ReadLine();
        }
    }

    [Fact]
    public void Since_NestedDeeperThanPathsGo_IsLeftOut()
    {
        TrialHost.Run("python3", "-c", $"import os; os.makedirs('{Tree}'); os.chdir('{Tree}')\nfor i in range(1500): os.mkdir('d'); os.chdir('d')\nopen('deep', 'w')");
        Assert.Equal(0, Since(DateTimeOffset.UnixEpoch).Files);
        TrialHost.Run("rm", "-rf", Tree);
    }

    private static IEnumerable<string> Names(IEnumerable<byte[]> paths) => paths.Select(Encoding.UTF8.GetString).Order(StringComparer.Ordinal);

    private (long Files, long Bytes) Totals(DateTimeOffset moment)
    {
        var changes = Since(moment);
        return (changes.Files, changes.Bytes);
    }

    private TreeChanges Since(DateTimeOffset moment) => TreeChanges.Since(Tree, moment, TestContext.Current.CancellationToken);
}
