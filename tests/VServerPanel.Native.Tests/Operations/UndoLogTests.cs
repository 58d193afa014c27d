using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

public sealed class UndoLogTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private string Made => _prefix.Directory + "/made";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Recover_LastLineCutOff_UndoesTheLinesBefore()
    {
        var path = Abandon(log => log.Before(new RemoveFile(Made)));
        File.WriteAllText(Made, "x");
        File.AppendAllText(path, "{\"undo\":{\"do\":\"remove-tree\",\"path\":\"/et");
        var (finished, failures) = UndoLog.Recover(_prefix.Paths, path);
        Assert.False(finished);
        Assert.Empty(failures);
        Assert.False(File.Exists(Made));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Recover_Completed_UndoesNothing()
    {
        var path = Abandon(log =>
        {
            log.Before(new RemoveFile(Made));
            log.Complete();
        });
        File.WriteAllText(Made, "x");
        var (finished, _) = UndoLog.Recover(_prefix.Paths, path);
        Assert.True(finished);
        Assert.True(File.Exists(Made));
    }

    [Fact]
    public void Recover_Twice_DoesTheSame()
    {
        var path = Abandon(log =>
        {
            log.Before(new RemoveTree(Made));
            log.Before(new MoveBack(_prefix.Directory + "/to", _prefix.Directory + "/from"));
        });
        Directory.CreateDirectory(Made);
        File.WriteAllText(_prefix.Directory + "/to", "x");
        var copy = File.ReadAllBytes(path);
        UndoLog.Recover(_prefix.Paths, path);
        File.WriteAllBytes(path, copy);
        Assert.Empty(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.True(File.Exists(_prefix.Directory + "/from"));
    }

    [Fact]
    public void Abandoned_OwnerLives_IsNotOurs()
    {
        using var log = new UndoLog(_prefix.Paths, Owner(Environment.ProcessId, ProcessIdentity.StartOf(Environment.ProcessId)), durable: false);
        log.Before(new RemoveFile(Made));
        Assert.Empty(UndoLog.Abandoned(_prefix.Paths));
    }

    [Fact]
    public void Abandoned_PidIsAnothersNow_IsFound()
    {
        using var log = new UndoLog(_prefix.Paths, Owner(Environment.ProcessId, ProcessIdentity.StartOf(Environment.ProcessId) - 1), durable: false);
        log.Before(new RemoveFile(Made));
        Assert.Single(UndoLog.Abandoned(_prefix.Paths));
    }

    [Theory]
    [InlineData("1 (sh) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9", 4711)]
    [InlineData("1 (a) b) (c) R 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9", 4711)]
    [InlineData("1 (sh) Z 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9", 0)]
    [InlineData("1 (sh) S 1 1", 0)]
    [InlineData("", 0)]
    public void ParseStart_LineOfProc_IsField22OfTheLiving(string line, long start) => Assert.Equal(start, ProcessIdentity.ParseStart(line));

    private string Abandon(Action<UndoLog> work)
    {
        // no process has pid 0
        var owner = Owner(0, 1);
        using (var log = new UndoLog(_prefix.Paths, owner, durable: true))
        {
            work(log);
        }

        return Assert.Single(UndoLog.Abandoned(_prefix.Paths)).Path;
    }

    private static UndoOwner Owner(int pid, long start) =>
        new(Guid.NewGuid().ToString("n"), "build", VServerName.Parse("web"), new Actor("root"), ["vserver"], DateTimeOffset.UnixEpoch, pid, start, ProcessIdentity.BootId);
}
