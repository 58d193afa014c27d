using System.Text;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

/// <summary>Trees, jobs, undo logs and the journal are on one file system, and a vserver has filled it to the last byte.</summary>
[Collection(RealHost.Name)]
public sealed class FullDiskTests : IDisposable
{
    private readonly List<string> _mounts = [];
    private TrialHost? _host;

    public void Dispose()
    {
        foreach (var mount in Enumerable.Reverse(_mounts))
        {
            TrialHost.Run("umount", mount);
        }

        _host?.Dispose();
    }

    [Theory]
    [InlineData("xfs", 400)]
    [InlineData("btrfs", 300)]
    [InlineData("ext4", 64)]
    public void Full_WhatEndsOrMakesRoom_IsDoneAndOnRecord(string fileSystem, int megabytes)
    {
        var host = _host = new TrialHost(fileSystem, megabytes);
        foreach (var part in (string[])["lib", "log"])
        {
            var place = $"{host.Prefix.Directory}/var/{part}";
            var here = Directory.CreateDirectory($"{host.Paths.VServers}/.var/{part}").FullName;
            TrialHost.Run("mount", "--bind", here, place);
            _mounts.Add(place);
        }

        host.Paths.EnsureDirectories();
        var alpha = host.Add("alpha");
        var beta = host.Add("beta");
        host.Add("gamma");
        host.Expect("alpha", "start");
        host.Expect("beta", "start");
        host.Expect("gamma", "delete", "--confirm", "gamma");
        Fill(host, host.Paths.TreeOf(alpha) + "/tmp");

        // what is not recorded is not done
        Assert.Equal(ProblemCode.NoSpace, host.VServer("--json", "beta", "rename", "delta").Problem.Code);
        Assert.Equal(0, host.VServer("beta", "running").ExitCode);

        // what ran runs again: the one that filled the disk keeps nobody from that
        var store = new RunStateStore(host.Paths);
        var first = store.FindRunning(beta)!;
        host.Expect("beta", "exec", "reboot", "-f");
        TrialHost.Eventually(() => store.FindRunning(beta) is { } again && again.Generation != first.Generation, "it has rebooted");
        host.Expect("beta", "restart");
        Assert.Equal(0, host.VServer("beta", "running").ExitCode);

        var stopped = host.VServer("--json", "beta", "stop");
        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains(stopped.Events.OfType<LogEvent>(), e => e.Text.StartsWith("The disk is full: the journal's entry waits", StringComparison.Ordinal));
        Assert.Equal(3, host.VServer("beta", "running").ExitCode);

        // as the panel does it
        var id = Guid.NewGuid().ToString("n");
        host.Expect("--detach", "--job", id, "alpha", "stop");
        TrialHost.Eventually(() => new JobStore(host.Paths).Find(id)!.State == JobState.Succeeded, "the job has ended");
        var followed = host.VServer("--json", "--as", "vserver-jobs", "follow", id);
        Assert.True(followed.Events[^1] is ResultEvent, followed.Output + followed.Error);
        Assert.Equal(3, host.VServer("alpha", "running").ExitCode);
        Assert.True(File.Exists(SpareRoom.JournalOf(host.Paths)));

        host.Expect("--as", "vserver-trash", "purge", "gamma");
        Fill(host, host.Paths.TreeOf(alpha) + "/tmp");
        host.Expect("alpha", "delete", "--confirm", "alpha", "--now");
        Assert.False(Directory.Exists(host.Paths.TreeOf(alpha)));
        Assert.Empty(Directory.EnumerateFiles(host.Paths.Undo));

        // there is room again, and all of it is in the journal, in order
        Assert.False(File.Exists(SpareRoom.JournalOf(host.Paths)));
        string[] ended = [.. host.Prefix.ReadJournal().Where(e => e is { Phase: JournalPhase.Ended, Outcome: OperationOutcome.Succeeded } && (e.Operation != "delete" || e.VServer == alpha)).Select(e => $"{e.Operation} {e.VServer}")];
        Assert.Equal(["exec beta", "reboot beta", "restart beta", "stop beta", "stop alpha", "purge gamma", "delete alpha"], ended.Except(["start alpha", "start beta"]));
        Assert.All(host.Prefix.ReadJournal().GroupBy(e => e.OperationId).Where(o => o.Last().Outcome == OperationOutcome.Succeeded), o => Assert.Equal(2, o.Count()));
        host.Expect("beta", "start");
    }

    [Fact]
    public void Append_DiskIsFull_TheLogGoesOnInMemoryAndIsRecoveredFromThere()
    {
        using var prefix = new PrivatePrefix();
        TrialHost.Run("mount", "-t", "tmpfs", "-o", "size=64k", "test", prefix.Paths.Undo);
        try
        {
            var owner = new UndoOwner(Guid.NewGuid().ToString("n"), "delete", VServerName.Parse("web"), new Actor("root"), ["vserver"], DateTimeOffset.UnixEpoch, 0, 1, ProcessIdentity.BootId);
            using (var log = new UndoLog(prefix.Paths, owner, durable: true, needsNoRoom: true))
            {
                log.Before(new RemoveFile(prefix.Directory + "/first"));
                FillWith(prefix.Paths.Undo + "/filler");

                // more than what is left of the room that it keeps
                log.Before(new RestoreContent(prefix.Directory + "/restored", new byte[20_000]));
                log.Before(new RemoveFile(prefix.Directory + "/last"));
            }

            File.WriteAllText(prefix.Directory + "/first", "");
            File.WriteAllText(prefix.Directory + "/last", "");
            var path = Assert.Single(UndoLog.Abandoned(prefix.Paths)).Path;
            Assert.Equal($"{SpareRoom.UndoOf(prefix.Paths)}/{owner.OperationId}.jsonl", path);
            Assert.True(UndoLog.Exists(prefix.Paths, owner.OperationId));
            Assert.Empty(UndoLog.Recover(prefix.Paths, path).Failures);
            Assert.False(File.Exists(prefix.Directory + "/first"));
            Assert.False(File.Exists(prefix.Directory + "/last"));
            Assert.Equal(20_000, new FileInfo(prefix.Directory + "/restored").Length);

            FillWith(prefix.Paths.Undo + "/filler");
            using var others = new UndoLog(prefix.Paths, owner, durable: true);
            Assert.True(SpareRoom.IsFullDisk(Assert.ThrowsAny<IOException>(() => others.Before(new RemoveFile(prefix.Directory + "/first")))));
        }
        finally
        {
            TrialHost.Run("umount", prefix.Paths.Undo);
        }
    }

    [Fact]
    public void Jobs_WhileTheDiskIsFull_AreKeptInMemoryWithinLimits()
    {
        using var prefix = new PrivatePrefix();
        var store = new JobStore(prefix.Paths);
        var actor = new Actor("root");
        for (var i = 0; i < SpareRoom.MostJobs + 20; i++)
        {
            var id = Guid.NewGuid().ToString("n");
            store.PutAside(id);
            store.Save(new JobInfo { Id = id, Operation = "restart", Actor = actor, Command = ["vserver"], State = i == 0 ? JobState.Running : JobState.Succeeded, StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(i) });
        }

        Assert.Equal(SpareRoom.MostJobs + 1, Directory.GetFiles(SpareRoom.JobsOf(prefix.Paths), "*.jsonl").Length);
        Assert.Contains(store.List(), j => j.State == JobState.Running);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(SpareRoom.MostJobs + 19), store.List()[0].StartedAt);
    }

    [Fact]
    public void Run_JournalsDiskIsFull_IsDoneByItsRuleAndAllOfItIsOnRecord()
    {
        using var prefix = new PrivatePrefix();
        TrialHost.Run("mount", "-t", "tmpfs", "-o", "size=16m", "test", prefix.Paths.Log);
        try
        {
            var done = new List<FullDiskRule>();
            var filler = prefix.Paths.Log + "/filler";
            FillWith(filler);
            Assert.Equal(ProblemCode.NoSpace, Assert.Throws<ProblemException>(() => Run(FullDiskRule.Refuse)).Code);
            Run(FullDiskRule.WriteAside);

            // what can be written down in memory has an end as well
            File.AppendAllText(SpareRoom.JournalOf(prefix.Paths), new string('\n', 5 << 20));
            Assert.Equal(ProblemCode.NoSpace, Assert.Throws<ProblemException>(() => Run(FullDiskRule.WriteAside)).Code);
            Run(FullDiskRule.AlwaysDo);
            Assert.Empty(prefix.ReadJournal());

            File.Delete(filler);
            Run(FullDiskRule.WriteAside);
            Run(FullDiskRule.Refuse);
            Assert.Equal([FullDiskRule.WriteAside, FullDiskRule.AlwaysDo, FullDiskRule.WriteAside, FullDiskRule.Refuse], done);
            Assert.Equal(8, prefix.ReadJournal().Count);

            // full from one moment to the next
            OperationRunner.Run(prefix.Call("web", "try"), new OperationKind("try", null), _ =>
            {
                FillWith(filler);
                return (null, null);
            });
            File.Delete(filler);
            new Native.Auditing.Journal(prefix.Paths).TakeIn();
            Assert.Equal(10, prefix.ReadJournal().Count);

            void Run(FullDiskRule rule) => OperationRunner.Run(prefix.Call("web", "try"), new OperationKind("try", null) { OnFullDisk = rule, IsLocked = false }, _ =>
            {
                done.Add(rule);
                return (null, null);
            });
        }
        finally
        {
            TrialHost.Run("umount", prefix.Paths.Log);
        }
    }

    [Fact]
    public void Recover_OperationHasEndedAndItsLogIsKept_DoesNothingAgain()
    {
        using var prefix = new PrivatePrefix();
        var owner = new UndoOwner(Guid.NewGuid().ToString("n"), "delete", VServerName.Parse("web"), new Actor("root"), ["vserver"], DateTimeOffset.UnixEpoch, 0, 1, ProcessIdentity.BootId);
        var made = prefix.Directory + "/made";
        using (var log = new UndoLog(prefix.Paths, owner, durable: true))
        {
            log.MakeReady();
            log.CommitThen(new RemoveFile(made));
            log.Complete();
        }

        // another's by now
        File.WriteAllText(made, "");
        var (finished, failures) = UndoLog.Recover(prefix.Paths, Assert.Single(UndoLog.Abandoned(prefix.Paths)).Path);
        Assert.True(finished);
        Assert.Empty(failures);
        Assert.True(File.Exists(made));
    }

    private static void Fill(TrialHost host, string directory)
    {
        for (var round = 0; round < 4; round++)
        {
            FillWith($"{directory}/filler-{Guid.NewGuid():n}");

            // what file systems keep for metadata, too: small files are there
            for (var i = 0; i < 200_000 && TryWrite($"{directory}/small-{Guid.NewGuid():n}", 1500); i++)
            {
            }

            TrialHost.Run("sync", "-f", directory);
        }

        // and the last block of the journal; empty lines are no entries
        while (TryWrite(host.Paths.Journal, 1))
        {
        }

        Assert.False(SpareRoom.IsLeftIn(host.Paths.Jobs));
    }

    private static void FillWith(string path)
    {
        foreach (var size in (int[])[1 << 20, 4096, 1])
        {
            while (TryWrite(path, size))
            {
            }
        }
    }

    private static bool TryWrite(string path, int bytes)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            file.Write(Encoding.ASCII.GetBytes(new string('\n', bytes)));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
