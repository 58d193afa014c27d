using System.Text;
using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Jobs;

/// <summary>The jobs of this host: <c>ID.json</c> tells what a job is, <c>ID.jsonl</c> has its output.</summary>
internal sealed class JobStore(HostPaths paths)
{
    private const int KeepAtMost = 1000;
    private static readonly TimeSpan s_keepFor = TimeSpan.FromDays(30);

    public string OutputOf(string id) => $"{DirectoryOf(id)}/{id}.jsonl";

    private string RecordOf(string id) => $"{DirectoryOf(id)}/{id}.json";

    // a job is where its output is, which is made first and removed last
    private string DirectoryOf(string id) => File.Exists($"{SpareRoom.JobsOf(paths)}/{id}.jsonl") ? SpareRoom.JobsOf(paths) : paths.Jobs;

    /// <summary>Has a job's files where there is room: the disk is full.</summary>
    public void PutAside(string id)
    {
        var directory = SpareRoom.Make(SpareRoom.JobsOf(paths));
        var ended = List().Where(j => DirectoryOf(j.Id) == directory && j.State is not (JobState.Running or JobState.Interrupted)).ToList();
        foreach (var job in ended.Skip(SpareRoom.MostJobs - 1))
        {
            Remove(job.Id);
        }

        File.WriteAllText($"{directory}/{id}.jsonl", "");
    }

    public void Save(JobInfo info)
    {
        var pid = Environment.ProcessId;
        var record = new JobRecord(info with { ProcessId = pid }, ProcessIdentity.StartOf(pid), ProcessIdentity.BootId);
        Write(record);
    }

    /// <summary>The job, its state corrected where its process is gone, with its last progress; null where there is none.</summary>
    public JobInfo? Find(string id)
    {
        if (ReadRecord(id) is not { } record)
        {
            return null;
        }

        var info = record.Info;
        if (info.State == JobState.Running && !ProcessIdentity.IsAlive(info.ProcessId ?? 0, record.ProcessStart, record.BootId))
        {
            info = info with { State = JobState.Interrupted };
        }

        return info.State is JobState.Running or JobState.Interrupted ? info with { Progress = LastProgress(id) } : info;
    }

    /// <summary>All jobs, the newest first.</summary>
    public IReadOnlyList<JobInfo> List() =>
        [.. Ids().Select(Find).OfType<JobInfo>().OrderByDescending(j => j.StartedAt)];

    /// <summary>Marks a job that a crash cut off as what recovery made of it.</summary>
    public void MarkRecovered(string id, bool finished, DateTimeOffset now)
    {
        if (ReadRecord(id) is { } record)
        {
            Write(record with { Info = record.Info with { State = finished ? JobState.Succeeded : JobState.RolledBack, EndedAt = now } });
        }
    }

    /// <summary>What is told where there is no room for a job's end: the journal has it.</summary>
    public static string NotMarked(string id) => $"The disk is full: the job {id} could not be marked as ended; 'vserver-jobs recover' does it when there is room.";

    /// <summary>The same where there are clearly too many; counting them is cheap.</summary>
    public void PruneIfMany(DateTimeOffset now)
    {
        if (Ids().Count() > KeepAtMost + (KeepAtMost / 10))
        {
            Prune(now);
        }
    }

    /// <summary>Removes the oldest ended jobs beyond what is kept.</summary>
    public void Prune(DateTimeOffset now)
    {
        var ended = List().Where(j => j.State is not (JobState.Running or JobState.Interrupted)).ToList();
        foreach (var job in ended.Where((j, i) => i >= KeepAtMost || now - j.StartedAt > s_keepFor))
        {
            Remove(job.Id);
        }
    }

    private void Remove(string id)
    {
        File.Delete(RecordOf(id));
        File.Delete(OutputOf(id));
    }

    private IEnumerable<string> Ids() => ((string[])[paths.Jobs, SpareRoom.JobsOf(paths)]).Where(Directory.Exists)
        .SelectMany(d => Directory.EnumerateFiles(d, "*.json")).Select(f => Path.GetFileNameWithoutExtension(f)).Where(id => !id.StartsWith('.'));

    private JobRecord? ReadRecord(string id)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RecordOf(id)), JobJson.Default.JobRecord);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // cut off by a crash while it was written: nothing is known but its output
            return null;
        }
    }

    // Renamed over, so that a reader sees one state or the other; not synced: the journal is what must survive the power
    private void Write(JobRecord record)
    {
        var path = RecordOf(record.Info.Id);
        var temporary = $"{DirectoryOf(record.Info.Id)}/.{record.Info.Id}.{Environment.ProcessId}";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, JobJson.Default.JobRecord));
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, temporary, Libc.AT_FDCWD, path, 0), "rename", path);
    }

    private ProgressEvent? LastProgress(string id)
    {
        const int Tail = 16 << 10;
        if (!File.Exists(OutputOf(id)))
        {
            return null;
        }

        using var file = new FileStream(OutputOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Max(0, file.Length - Tail);
        var buffer = new byte[Tail];
        var text = Encoding.UTF8.GetString(buffer, 0, file.ReadAtLeast(buffer, Tail, throwOnEndOfStream: false));
        foreach (var line in text.Split('\n').Reverse())
        {
            if (line.StartsWith("{\"type\":\"progress\"", StringComparison.Ordinal) && TryRead(line) is ProgressEvent progress)
            {
                return progress;
            }
        }

        return null;
    }

    private static WireEvent? TryRead(string line)
    {
        try
        {
            return WireProtocol.Read(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
