using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Gives a fake host jobs and a journal: they live on while the panels that use it come and go.</summary>
internal sealed class JobHost
{
    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);
    private readonly List<JournalEntry> _journal = [];

    public JobHost()
    {
        Host.OnCall("vserver-jobs follow", (request, cancel) => FollowAsync(request.Words[2], cancel));
        Host.On("vserver-jobs show", request => [_jobs.TryGetValue(request.Words[2], out var job) ? FakeHost.Result(job.Info) : NoJob]);
        Host.On("vserver-jobs list", _ => [.. _jobs.Values.Select(j => (WireEvent)FakeHost.Item(ItemKinds.Job, j.Info)), new ResultEvent()]);
        Host.On("vserver-jobs journal", request => ReadJournal(long.Parse(request.Words[3], System.Globalization.CultureInfo.InvariantCulture)));
    }

    public FakeHost Host { get; } = new();

    /// <summary>Whether operations write into the journal, as they do on a real host.</summary>
    public bool KeepsJournal { get; set; } = true;

    public IEnumerable<string> JobIds => _jobs.Keys;

    private static ProblemEvent NoJob => new(ProblemCode.NotFound, "There is no such job.");

    /// <summary>Commands that begin so become jobs.</summary>
    public void TakeJobs(string beginning) => Host.On(beginning, request =>
    {
        Begin(request.JobId!, request.Words, request.Caller?.UserName);
        return [new HelloEvent(1, [], request.JobId), new ResultEvent()];
    });

    public void Begin(string id, IReadOnlyList<string> words, string? panelUser)
    {
        var info = new JobInfo
        {
            Id = id,
            Operation = words[2],
            VServer = VServerName.Parse(words[1]),
            Actor = new Actor("vserverpanel", null, panelUser),
            Command = words,
            State = JobState.Running,
            StartedAt = DateTimeOffset.UtcNow,
        };
        _jobs[id] = new Job { Info = info };
        Journal(info, JournalPhase.Asked, null, null);
    }

    public void Say(string id, WireEvent wireEvent)
    {
        var job = _jobs[id];
        lock (job)
        {
            job.Events.Add(wireEvent);
        }
    }

    public void End(string id, WireEvent last)
    {
        var job = _jobs[id];
        var outcome = last is ResultEvent ? OperationOutcome.Succeeded : OperationOutcome.Failed;
        Journal(job.Info, JournalPhase.Ended, outcome, last as ProblemEvent);
        Say(id, last);
        job.Info = job.Info with { State = last is ResultEvent ? JobState.Succeeded : JobState.Failed };
    }

    /// <summary>Its process ends without a word.</summary>
    public void Kill(string id)
    {
        _jobs[id].Info = _jobs[id].Info with { State = JobState.Interrupted };
        CutFollowers();
    }

    /// <summary>What <c>vserver-jobs recover</c> does.</summary>
    public void Recover()
    {
        foreach (var job in _jobs.Values.Where(j => j.Info.State is JobState.Interrupted))
        {
            Journal(job.Info, JournalPhase.Ended, OperationOutcome.RolledBack, null);
            job.Info = job.Info with { State = JobState.RolledBack };
        }
    }

    public void CutFollowers()
    {
        foreach (var job in _jobs.Values)
        {
            job.Cuts++;
        }
    }

    public void Journal(JournalEntry entry)
    {
        lock (_journal)
        {
            _journal.Add(entry with { Position = _journal.Count + 1 });
        }
    }

    private void Journal(JobInfo info, JournalPhase phase, OperationOutcome? outcome, ProblemEvent? problem)
    {
        if (KeepsJournal)
        {
            Journal(new JournalEntry
            {
                OperationId = info.Id,
                Phase = phase,
                Time = DateTimeOffset.UtcNow,
                Actor = info.Actor,
                Operation = info.Operation,
                VServer = info.VServer,
                Command = info.Command,
                Outcome = outcome,
                Problem = problem,
                DurationMilliseconds = outcome is null ? null : 7,
            });
        }
    }

    private List<WireEvent> ReadJournal(long from)
    {
        lock (_journal)
        {
            return
            [
                .. _journal.Skip((int)from).Select(e => FakeHost.Item(ItemKinds.Journal, e)),
                new ResultEvent(JsonSerializer.SerializeToElement(new { position = (long)_journal.Count })),
            ];
        }
    }

    private async IAsyncEnumerable<WireEvent> FollowAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!_jobs.TryGetValue(id, out var job))
        {
            yield return NoJob;
            yield break;
        }

        yield return new HelloEvent(1, [], id);
        var cuts = job.Cuts;
        for (var told = 0; ;)
        {
            WireEvent? next = null;
            lock (job)
            {
                next = told < job.Events.Count ? job.Events[told++] : null;
            }

            if (next is not null)
            {
                yield return next;
                if (next.IsLast)
                {
                    yield break;
                }
            }
            else if (job.Cuts != cuts || job.Info.State is JobState.Interrupted)
            {
                yield return new ProblemEvent(ProblemCode.Terminated, "cut off");
                yield break;
            }
            else
            {
                await Task.Delay(5, cancellationToken);
            }
        }
    }

    private sealed class Job
    {
        public required JobInfo Info { get; set; }

        public List<WireEvent> Events { get; } = [];

        public volatile int Cuts;
    }
}
