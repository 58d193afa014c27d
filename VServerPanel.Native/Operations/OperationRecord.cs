using VServerPanel.Native.Commands;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>What is written down about an operation: two entries of the journal, the job's record and its output.</summary>
internal sealed class OperationRecord : IDisposable
{
    private readonly Invocation _call;
    private readonly OperationKind _kind;
    private readonly JobInfo _info;
    private readonly JobStore _jobs;
    private readonly StreamWriter? _output;
    private BackgroundWork? _asked;
    private DateTimeOffset _endedAt;

    public OperationRecord(Invocation call, OperationKind kind, string id)
    {
        (_call, _kind) = (call, kind);
        _jobs = new JobStore(call.Paths);
        _info = new JobInfo
        {
            Id = id,
            Operation = kind.Name,
            VServer = kind.VServer,
            Actor = call.Actor,
            Command = call.Words,
            State = JobState.Running,
            StartedAt = call.Time.GetUtcNow(),
        };
        Report = call.Report;

        // who reads the journal takes a second operation with the same id for the first one told again: it would be hidden
        if (_jobs.Find(id) is not null || (call.Options.JobId is not null && call.Journal.HasRecent(id)))
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"There is a job {id} already. Give another id, or none.");
        }

        if (kind.OnFullDisk == FullDiskRule.Refuse && !SpareRoom.IsLeftIn(call.Paths.Log))
        {
            throw new ProblemException(ProblemCode.NoSpace, $"The disk of '{call.Paths.Log}' is full, and what cannot be recorded is not done. Make room there and try again.", path: call.Paths.Log);
        }

        if (kind.OnFullDisk == FullDiskRule.WriteAside && call.Journal.IsSpareUsedUp())
        {
            throw new ProblemException(ProblemCode.NoSpace, "The disk has been full for so long that no more of what is done can be kept in memory. Make room first: 'vserver NAME stop', 'vkill', 'vserver NAME delete --now' and 'vserver-trash purge' still work.");
        }

        if (kind.IsJob)
        {
            var isAside = kind.OnFullDisk != FullDiskRule.Refuse && !SpareRoom.IsLeftIn(call.Paths.Jobs);
            if (isAside)
            {
                _jobs.PutAside(id);
            }

            _output = new StreamWriter(new FileStream(_jobs.OutputOf(id), FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete));
            var reporter = new JsonReporter(_output, call.Time);
            Report = new TeeReporter(call.Report, isAside ? new CappedReporter(reporter, SpareRoom.MostCharactersOfJob) : new CappedReporter(reporter));
        }
    }

    public IReporter Report { get; }

    /// <summary>Whether its end is on the disk; else it waits in memory for room.</summary>
    public bool HasEndOnDisk { get; private set; } = true;

    /// <summary>Says that it was asked for. The journal's entry goes to disk while the operation's first steps run.</summary>
    public void Begin()
    {
        Report.Hello(_kind.IsJob ? _info.Id : null);
        if (_kind.IsJob)
        {
            _jobs.Save(_info);
        }

        var entry = Entry(JournalPhase.Asked, _info.StartedAt) with { VServerId = _kind.VServerId ?? (_kind.VServer is { } name ? _call.Registry.IdOf(name) : null) };
        _asked = BackgroundWork.Start(() => Append(entry));
    }

    /// <summary>Says in the journal how it ended; on disk when this returns.</summary>
    public void End(Operation operation, OperationOutcome outcome, ProblemEvent? problem)
    {
        _asked?.Wait();
        var now = _endedAt = _call.Time.GetUtcNow();
        Append(Entry(JournalPhase.Ended, now) with
        {
            VServerId = operation.VServerId,
            Before = operation.Before,
            After = operation.After,
            Outcome = outcome,
            Problem = problem,
            DurationMilliseconds = (long)(now - _info.StartedAt).TotalMilliseconds,
        });
    }

    /// <summary>Marks the job as ended; its last line has been written.</summary>
    public void Close(OperationOutcome outcome, ProblemEvent? problem)
    {
        if (!_kind.IsJob)
        {
            return;
        }

        try
        {
            _jobs.Save(_info with
            {
                State = outcome switch { OperationOutcome.Succeeded => JobState.Succeeded, OperationOutcome.Cancelled => JobState.Cancelled, _ => JobState.Failed },
                EndedAt = _endedAt,
                Problem = problem,
            });
            _jobs.PruneIfMany(_endedAt);
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            // the journal has its end, and recovery tells the job from there
            _call.Report.Warn(JobStore.NotMarked(_info.Id));
        }
    }

    public void Dispose()
    {
        try
        {
            _output?.Dispose();
        }
        catch (IOException e) when (SpareRoom.IsFullDisk(e))
        {
            // its end is in the journal
        }
    }

    private void Append(JournalEntry entry)
    {
        try
        {
            _call.Journal.Append(entry);
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            // what was begun is on record to its end, whatever that takes
            _call.Journal.PutAside(entry);
            HasEndOnDisk &= entry.Phase != JournalPhase.Ended;
            _call.Report.Warn($"The disk is full: the journal's entry waits in '{SpareRoom.JournalOf(_call.Paths)}' until there is room.");
        }
    }

    private JournalEntry Entry(JournalPhase phase, DateTimeOffset time) => new()
    {
        OperationId = _info.Id,
        Phase = phase,
        Time = time,
        Actor = _call.Actor,
        Operation = _kind.Name,
        VServer = _kind.VServer,
        Command = _call.Words,
    };
}
