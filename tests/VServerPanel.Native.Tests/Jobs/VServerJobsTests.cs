using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Jobs;

public sealed class VServerJobsTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Cancel_JobOfAnotherProcess_IsSignalledAndJournalled()
    {
        using var process = HostCommand.Start(_prefix, new Dictionary<string, string>(), "/bin/sleep", "60");
        var id = Guid.NewGuid().ToString("n");
        var info = new JobInfo { Id = id, Operation = "build", VServer = VServerName.Parse("web"), Actor = new Actor("root"), Command = ["vserver"], State = JobState.Running, StartedAt = DateTimeOffset.UtcNow };
        var record = new JobRecord(info with { ProcessId = process.Id }, ProcessIdentity.StartOf(process.Id), ProcessIdentity.BootId);
        File.WriteAllBytes($"{_prefix.Paths.Jobs}/{id}.json", JsonSerializer.SerializeToUtf8Bytes(record, JobJson.Default.JobRecord));

        Assert.Equal(0, new VServerJobsTool().Run(["cancel", id], _prefix.Call("jobs")));
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(143, process.ExitCode);
        Assert.Equal([("cancel", JournalPhase.Asked), ("cancel", JournalPhase.Ended)], _prefix.ReadJournal().Select(e => (e.Operation, e.Phase)));
    }

    [Fact]
    public void PruneIfMany_FarTooMany_TheOldestEndedAreGone()
    {
        var jobs = new JobStore(_prefix.Paths);
        var now = DateTimeOffset.UtcNow;
        for (var i = 0; i < 1101; i++)
        {
            jobs.Save(new JobInfo { Id = $"{i:x32}", Operation = "start", VServer = VServerName.Parse("web"), Actor = new Actor("root"), Command = ["vserver"], State = JobState.Succeeded, StartedAt = now.AddMinutes(-i) });
        }

        jobs.PruneIfMany(now);
        Assert.Equal(1000, jobs.List().Count);
        Assert.NotNull(jobs.Find($"{0:x32}"));
        Assert.Null(jobs.Find($"{1100:x32}"));
    }

    [Fact]
    public void ExitCode_NoSuchVServer_IsFiveAndNothingElseIs()
    {
        Assert.Equal(5, ProblemException.NoSuchVServer(VServerName.Parse("web")).ExitCode);
        Assert.Equal(1, ExitCodes.Of(ProblemCode.NotFound));
    }

    [Fact]
    public void Set_KeyIsNone_MessageHasNoParameterName() =>
        Assert.EndsWith("digit.", Assert.Throws<ArgumentException>(() => ConfFile.Parse("").Set("1A", "2")).Message, StringComparison.Ordinal);
}
