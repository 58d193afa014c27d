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
        Assert.Equal(new TreeChanges(0, 0), Since(moment));
        Thread.Sleep(60);
        TrialHost.Run("sh", "-ec", $"cd {Tree}/d/e; cat 1 > /dev/null; echo >> 2; mv 3 f/renamed; chmod 600 4; echo new > f/new; touch -h ../../link; touch ../../fifo; mkdir g");
        Assert.Equal(new TreeChanges(4, 2001 + 3000 + 4000 + 4), Since(moment));
        Assert.Equal(new TreeChanges(0, 0), Since(DateTimeOffset.UtcNow.AddSeconds(1)));

        // a directory that gets another name is copied anew with all that is in it
        Thread.Sleep(60);
        moment = DateTimeOffset.UtcNow;
        Thread.Sleep(60);
        TrialHost.Run("mv", Tree + "/d/e", Tree + "/d/other");
        Assert.Equal(7, Since(moment).Files);
        Assert.Equal(7, Since(DateTimeOffset.UnixEpoch).Files);
    }

    [Fact]
    public void Since_NestedDeeperThanPathsGo_IsLeftOut()
    {
        TrialHost.Run("python3", "-c", $"import os; os.makedirs('{Tree}'); os.chdir('{Tree}')\nfor i in range(1500): os.mkdir('d'); os.chdir('d')\nopen('deep', 'w')");
        Assert.Equal(0, Since(DateTimeOffset.UnixEpoch).Files);
        TrialHost.Run("rm", "-rf", Tree);
    }

    private TreeChanges Since(DateTimeOffset moment) => TreeChanges.Since(Tree, moment, TestContext.Current.CancellationToken);
}
