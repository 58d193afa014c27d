using VServerPanel.Native.Auditing;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Auditing;

public sealed class JournalTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly Journal _journal;

    public JournalTests() => _journal = new Journal(_prefix.Paths);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Read_FromAPosition_GoesOnWhereItEnded()
    {
        _journal.Append(Entry("a"));
        var first = Assert.Single(_journal.Read());
        _journal.Append(Entry("b"));
        _journal.Append(Entry("c"));
        var rest = _journal.Read(first.Position!.Value).ToList();
        Assert.Equal(["b", "c"], rest.Select(e => e.OperationId));
        Assert.Equal(new FileInfo(_prefix.Paths.Journal).Length, rest[^1].Position);
        Assert.Empty(_journal.Read(rest[^1].Position!.Value));
    }

    [Fact]
    public void Append_LastLineWasCutOff_IsALineOfItsOwn()
    {
        _journal.Append(Entry("a"));

        // not by File, which locks it: a child that another test forks at this moment has the journal's own lock yet
        using (var file = Libc.open(_prefix.Paths.Journal, Libc.O_WRONLY))
        {
            RandomAccess.Write(file, "{\"operationId\":\"b\",\"pha"u8, RandomAccess.GetLength(file));
        }

        Assert.Equal(["a"], _journal.Read().Select(e => e.OperationId));
        _journal.Append(Entry("c"));
        Assert.Equal(["a", "c"], _journal.Read().Select(e => e.OperationId));
    }

    [Fact]
    public void Read_ShorterThanThePosition_BeginsAnew()
    {
        _journal.Append(Entry("a"));
        Assert.Equal("a", Assert.Single(_journal.Read(1 << 20)).OperationId);
    }

    [Fact]
    public void Read_LineIsBeingWritten_IsNotReadBeforeItsEnd()
    {
        File.WriteAllText(_prefix.Paths.Journal, System.Text.Json.JsonSerializer.Serialize(Entry("a"), WireJson.Default.JournalEntry));
        Assert.Empty(_journal.Read());
        File.AppendAllText(_prefix.Paths.Journal, "\n");
        Assert.Single(_journal.Read());
    }

    [Fact]
    public async Task Append_ManyAtOnce_LosesNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 10; i++)
            {
                // longer than a pipe's or page's atomic write
                new Journal(_prefix.Paths).Append(Entry($"{t}-{i}") with { After = new string('x', 9000) });
            }
        })));
        Assert.Equal(80, _journal.Read().Select(e => e.OperationId).Distinct().Count());
    }

    [Fact]
    public void Append_FileIsFull_GoesOnInANewOneAndReadersNoticeNothing()
    {
        var journal = new Journal(_prefix.Paths, 1000);
        var (read, position) = (new List<string>(), 0L);
        for (var i = 0; i < 60; i++)
        {
            journal.Append(Entry($"{i}"));
            if (i % 7 == 0)
            {
                foreach (var entry in journal.Read(position))
                {
                    read.Add(entry.OperationId);
                    Assert.True(entry.Position > position);
                    position = entry.Position!.Value;
                }
            }
        }

        var ids = Enumerable.Range(0, 60).Select(i => $"{i}");
        Assert.Equal(ids, read.Concat(journal.Read(position).Select(e => e.OperationId)));
        Assert.Equal(ids, journal.Read().Select(e => e.OperationId));
        Assert.Equal(journal.End(), journal.Read().Last().Position);
        Assert.InRange(FullFiles().Length, 5, 30);
        Assert.All(FullFiles(), f => Assert.InRange(new FileInfo(f).Length, 1000, 1400));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_prefix.Paths.Journal));
        Assert.True(journal.HasRecent("0"));

        // compressed, one of them twice as while it is at work; and the oldest taken away
        TrialHost.Run("gzip", FullFiles()[1]);
        TrialHost.Run("gzip", "--keep", FullFiles()[2]);
        Assert.Equal(ids, journal.Read().Select(e => e.OperationId));
        Assert.Equal(ids.Skip(8), journal.Read(journal.Read().ElementAt(7).Position!.Value).Select(e => e.OperationId));
        File.Delete(FullFiles()[0]);
        var rest = journal.Read().Select(e => e.OperationId).ToList();
        Assert.Equal(ids.TakeLast(rest.Count), rest);
        Assert.Equal(["59"], journal.Read(journal.Read().ElementAt(rest.Count - 2).Position!.Value).Select(e => e.OperationId));
    }

    [Fact]
    public void Append_RotationWasCutOff_LosesNothing()
    {
        var journal = new Journal(_prefix.Paths, 1000);
        while (FullFiles().Length < 2)
        {
            journal.Append(Entry($"{journal.Read().Count()}"));
        }

        // put aside, and dead before there was a new one: the next writer makes it
        var position = journal.End();
        File.Move(_prefix.Paths.Journal, $"{_prefix.Paths.Log}/journal-{position - new FileInfo(_prefix.Paths.Journal).Length:D16}-{position:D16}.jsonl");
        File.WriteAllText(_prefix.Paths.Journal + ".new", "{\"sta");
        Assert.Equal(position, journal.End());
        Assert.Empty(journal.Read(position));
        for (var i = 0; i < 20; i++)
        {
            journal.Append(Entry("later"));
        }

        Assert.Equal(20, journal.Read(position).Count(e => e.OperationId == "later"));
        var all = journal.Read().Select(e => e.OperationId).ToList();
        Assert.Equal(Enumerable.Range(0, all.Count - 20).Select(i => $"{i}"), all.SkipLast(20));

        // dead before anything was put aside
        File.WriteAllText(_prefix.Paths.Journal + ".new", "{\"sta");
        journal.Append(Entry("last"));
        Assert.Equal("last", journal.Read().Last().OperationId);
    }

    [Fact]
    public void Append_RotationWasCutOffAndOldFilesAreTakenAway_PositionsGoOn()
    {
        var journal = new Journal(_prefix.Paths);
        journal.Append(Entry("a"));
        journal.Append(Entry("b"));
        var position = journal.End();
        File.Move(_prefix.Paths.Journal, $"{_prefix.Paths.Log}/journal-{0:D16}-{position:D16}.jsonl");
        journal.Append(Entry("c"));
        File.Delete(Assert.Single(FullFiles()));
        var later = Assert.Single(journal.Read(position));
        Assert.Equal(("c", journal.End()), (later.OperationId, later.Position));
        Assert.True(later.Position > position);
    }

    [Fact]
    public async Task Append_ManyWhileFilesGetFull_AreReadOnceEach()
    {
        var writers = Task.WhenAll(Enumerable.Range(0, 6).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                new Journal(_prefix.Paths, 2000).Append(Entry($"{t}-{i}"));
            }
        })));
        var (read, position) = (new List<string>(), 0L);
        for (var isLast = false; !isLast;)
        {
            isLast = writers.IsCompleted;
            foreach (var entry in _journal.Read(position))
            {
                read.Add(entry.OperationId);
                position = entry.Position!.Value;
            }
        }

        await writers;
        Assert.Equal(600, read.Count);
        Assert.Equal(600, read.Distinct().Count());
    }

    [Fact]
    public void JournalCommand_OverFullFiles_GoesOnByPosition()
    {
        var journal = new Journal(_prefix.Paths, 1000);
        for (var i = 0; i < 20; i++)
        {
            journal.Append(Entry($"{i}"));
        }

        var middle = journal.Read().ElementAt(4).Position!.Value;
        var output = HostCommand.Run(_prefix, "--as", "vserver-jobs", "--json", "journal", "--from", $"{middle}");
        Assert.Equal(Enumerable.Range(5, 15).Select(i => $"{i}"), output.Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<JournalEntry>(i.Data).OperationId));
        Assert.Equal(journal.End(), output.Result<JournalPosition>().Position);
        Assert.Equal(journal.End(), HostCommand.Run(_prefix, "--as", "vserver-jobs", "--json", "journal", "--from", $"{journal.End()}").Result<JournalPosition>().Position);
    }

    [Fact]
    public void FindEnd_OfAnOperation_IsItsEndOnly()
    {
        _journal.Append(Entry("a"));
        Assert.Null(_journal.FindEnd("a"));
        _journal.Append(Entry("a") with { Phase = JournalPhase.Ended, Outcome = OperationOutcome.Succeeded });
        Assert.Equal(OperationOutcome.Succeeded, _journal.FindEnd("a")!.Outcome);
    }

    [Fact]
    public void Actor_SudoUserSpeaksForAnother_IsRefused()
    {
        var mallory = new Dictionary<string, string> { ["SUDO_USER"] = "mallory" };
        var output = HostCommand.Run(_prefix, mallory, "--as", "vserver-jobs", "--json", "--actor-user", "admin", "list");
        Assert.Equal(ProblemCode.NotPermitted, output.Problem.Code);
        Assert.Equal(0, HostCommand.Run(_prefix, mallory, "web", "build", "--method", "skeleton").ExitCode);
        Assert.All(_prefix.ReadJournal(), e => Assert.Equal(("mallory", null), (e.Actor.SudoUser, e.Actor.PanelUser)));
    }

    private string[] FullFiles() => [.. Directory.EnumerateFiles(_prefix.Paths.Log, "journal-*").Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Fact]
    public void PutAside_NoRoomOnTheDisk_IsFoundMeanwhileAndTakenInAsFarAsThereIsRoom()
    {
        Assert.SkipUnless(Environment.UserName == "root", "a small file system is mounted");
        TrialHost.Run("mount", "-t", "tmpfs", "-o", "size=48k", "test", _prefix.Paths.Log);
        try
        {
            _journal.Append(Entry("a"));
            var filler = _prefix.Paths.Log + "/filler";
            Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(filler, new byte[64 << 10]));
            string[] waiting = ["b", "c", "d", "e", "f"];
            foreach (var id in waiting)
            {
                Assert.True(SpareRoom.IsFullDisk(Assert.ThrowsAny<IOException>(() => _journal.Append(Long(id)))));
                _journal.PutAside(Long(id));
            }

            _journal.PutAside(Long("b") with { Phase = JournalPhase.Ended, Outcome = OperationOutcome.Succeeded });
            Assert.True(_journal.HasRecent("e"));
            Assert.False(_journal.HasRecent("g"));
            Assert.Equal(OperationOutcome.Succeeded, _journal.FindEnd("b")!.Outcome);
            Assert.Equal(["a"], _journal.Read().Select(e => e.OperationId));

            // of /var/run: what found no room there either
            File.AppendAllText(SpareRoom.JournalOf(_prefix.Paths), "{\"operationId\":\"torn");
            _journal.PutAside(Entry("g"));

            // room for some
            using (var file = File.OpenWrite(filler))
            {
                file.SetLength(file.Length - (20 << 10));
            }

            Assert.ThrowsAny<IOException>(_journal.TakeIn);
            var read = _journal.Read().Select(e => e.OperationId).ToList();
            Assert.InRange(read.Count, 3, 6);
            Assert.Equal(((string[])["a", .. waiting]).Take(read.Count), read);

            File.Delete(filler);
            _journal.Append(Entry("h"));
            Assert.Equal(["a", "b", "c", "d", "e", "f", "b", "g", "h"], _journal.Read().Select(e => e.OperationId));
            Assert.False(File.Exists(SpareRoom.JournalOf(_prefix.Paths)));
        }
        finally
        {
            TrialHost.Run("umount", _prefix.Paths.Log);
        }

        static JournalEntry Long(string id) => Entry(id) with { Command = ["vserver", new string('x', 5000)] };
    }

    private static JournalEntry Entry(string id) =>
        new() { OperationId = id, Phase = JournalPhase.Asked, Time = DateTimeOffset.UnixEpoch, Actor = new Actor("root"), Operation = "start", Command = ["vserver", "web", "start"] };
}
