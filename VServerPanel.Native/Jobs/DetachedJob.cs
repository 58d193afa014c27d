using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Jobs;

/// <summary>Starts this command again as a process of its own that outlives its caller.</summary>
internal static class DetachedJob
{
    /// <summary>Starts the worker, waits until its job is there, and answers with its id.</summary>
    public static int Start(Invocation call, string id)
    {
        var jobs = new JobStore(call.Paths);
        if (jobs.Find(id) is not null)
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"There is a job {id} already. Give another id, or none.");
        }

        IEnumerable<string> words = call.Words.Skip(1).Where(w => w != "--detach");
        var tool = call.Words[0] == "vserver" ? [] : new[] { "--as", call.Words[0] };
        var worker = new ChildProcess
        {
            Program = Environment.ProcessPath ?? "/proc/self/exe",
            Arguments = ["--job-worker", .. call.Options.JobId is null ? ["--job", id] : Array.Empty<string>(), .. tool, .. words],
            Environment = CallerEnvironment(),
        };

        // what the caller left open (a pipe of its shell's, say) would stay open as long as the job
        _ = Libc.syscall(Libc.SYS_close_range, 3, uint.MaxValue, Libc.CLOSE_RANGE_CLOEXEC, 0, 0, 0);
        var pid = worker.StartDetached();
        for (var waited = 0; jobs.Find(id) is null; waited++)
        {
            if (waited > 3000 || ProcessIdentity.StartOf(pid) == 0)
            {
                // it may have ended between the two looks
                if (jobs.Find(id) is not null)
                {
                    break;
                }

                throw new ProblemException(ProblemCode.Terminated, "The job's process ended before it began. Run the command without --detach to see why.");
            }

            Thread.Sleep(10);
        }

        call.Report.Hello(id);
        call.Report.Result(null, human: $"Job {id}");
        return ExitCodes.Success;
    }

    /// <summary>In the worker, before anything else: leaves the caller's session, streams and cgroups.</summary>
    public static void Detach()
    {
        _ = Libc.setsid();
        using (var nothing = Libc.open("/dev/null", Libc.O_RDWR))
        {
            var fd = (int)nothing.DangerousGetHandle();
            for (var stream = 0; stream <= 2; stream++)
            {
                ErrnoException.ThrowIfFailed(Libc.dup2(fd, stream), "dup2");
            }
        }

        CallerCgroup.Leave();
    }

    private static Dictionary<string, string> CallerEnvironment()
    {
        // who asked must be found in the worker too, and a test's fault points reach it
        string[] kept = ["SUDO_USER", "SSH_CONNECTION", "VSERVER_FAULT_AT"];
        return kept.Select(k => (Key: k, Value: Environment.GetEnvironmentVariable(k)))
            .Where(p => !string.IsNullOrEmpty(p.Value))
            .ToDictionary(p => p.Key, p => p.Value!, StringComparer.Ordinal);
    }
}
