using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Jobs;

/// <summary><c>vserver-jobs list | show ID | follow ID | cancel ID | recover | journal [--from POSITION]</c></summary>
internal sealed class VServerJobsTool : Tool
{
    private const string UsageLine = "Usage: vserver-jobs list | show ID | follow ID | cancel ID | recover | journal [--from POSITION]";

    public override string Name => "vserver-jobs";

    public override bool OpenToPanel => true;

    public override string Summary => "long operations: list, show, follow, cancel, recover; the host's journal";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var jobs = new JobStore(call.Paths);
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["list"]:
                foreach (var job in jobs.List())
                {
                    call.Report.Item(ItemKinds.Job, job, Describe(job));
                }

                return ExitCodes.Success;
            case ["show", var id]:
                var shown = Require(jobs, id);
                call.Report.Result(shown, Describe(shown));
                return ExitCodes.Success;
            case ["follow", var id]:
                Require(jobs, id);
                using (var reader = ReaderWatch.Start(call.Cancel))
                {
                    new JobFollower(jobs).Follow(id, call.Report, reader.Token);
                }

                return ExitCodes.Success;
            case ["cancel", var id]:
                Cancel(Require(jobs, id), call);
                return ExitCodes.Success;
            case ["recover"]:
                var (recovered, failed) = Recovery.RunAll(call);
                Trash.PurgeHandler.PurgeExpired(call);
                Moving.Sending.VServerMovesTool.PurgeExpired(call);
                if (failed > 0)
                {
                    throw new ProblemException(ProblemCode.Busy, $"Recovered: {recovered}. Not recovered yet: {failed}; see above why, and try again.");
                }

                call.Report.Result(null, human: recovered == 0 ? "Nothing to recover." : $"Recovered: {recovered}.");
                return ExitCodes.Success;
            case ["journal", ..]:
                return ReadJournal(arguments, call);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static JobInfo Require(JobStore jobs, string id) =>
        jobs.Find(GlobalOptions.CheckJobId(id)) ?? throw new ProblemException(ProblemCode.NotFound, $"There is no job {id}. 'vserver-jobs list' shows those there are.");

    private static void Cancel(JobInfo job, Invocation call)
    {
        if (job.State != JobState.Running || job.ProcessId is not { } pid)
        {
            throw new ProblemException(ProblemCode.NotRunning, $"The job {job.Id} is not running.");
        }

        // the vserver is the job's, which holds its lock: this only asks
        OperationRunner.Run(call, new OperationKind("cancel", job.VServer) { IsJob = false, IsDurable = false, IsLocked = false, OnFullDisk = FullDiskRule.AlwaysDo }, _ =>
        {
            ErrnoException.ThrowIfFailed(Libc.kill(pid, Libc.SIGTERM), "kill");
            return (null, "It stops at its next step. What it says then tells what is undone, and what stays.");
        });
    }

    private static int ReadJournal(IReadOnlyList<string> arguments, Invocation call)
    {
        var from = 0L;
        if (arguments is not ["journal"] && (arguments is not ["journal", "--from", var text] || !long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out from) || from < 0))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }

        // one that the journal has not reached is of another journal
        var position = Math.Min(from, call.Journal.End());
        foreach (var entry in call.Journal.Read(from))
        {
            position = entry.Position ?? position;
            call.Report.Item(ItemKinds.Journal, entry, $"{entry.Time:u} {entry.Actor.PanelUser ?? entry.Actor.SudoUser ?? entry.Actor.Login} {entry.Phase} {entry.Operation} {entry.VServer} {entry.Outcome}");
        }

        call.Report.Result(new JournalPosition(position));
        return ExitCodes.Success;
    }

    private static string Describe(JobInfo job) => $"{job.Id}  {job.StartedAt:u}  {job.State,-11} {job.Operation} {job.VServer} {job.Progress?.Title ?? job.Problem?.Message}";
}
