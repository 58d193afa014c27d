using VServerPanel.Native.Auditing;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>Finds the tool or verb that was called, runs it, and reports once how it ended.</summary>
internal sealed class Dispatcher(TextWriter output, TextWriter error, TimeProvider time)
{
    /// <param name="programName">argv[0].</param>
    /// <param name="words">The arguments.</param>
    /// <param name="cancel">Cancelled by a signal.</param>
    /// <returns>The exit code.</returns>
    public int Run(string programName, IReadOnlyList<string> words, CancellationToken cancel)
    {
        IReporter report = words.TakeWhile(w => w != "--").Contains("--json") ? new JsonReporter(output, time) : new HumanReporter(output, error, words.Contains("--silent"));
        try
        {
            var target = Target.Find(programName, words);
            if (target is null)
            {
                output.WriteLine(UsageText.OfVServer());
                return words.Count == 0 ? ExitCodes.Usage : ExitCodes.Success;
            }

            report = target.Options.Json ? new JsonReporter(output, time) : new HumanReporter(output, error, target.Options.Silent);
            if (target.NeedsRoot && Libc.geteuid() != 0)
            {
                throw new ProblemException(ProblemCode.NotPermitted, $"'{target.Title}' needs root. Run it with sudo.");
            }

            var paths = HostPaths.FromEnvironment();
            var umask = Libc.umask(0b000_010_010);
            if (Libc.geteuid() == 0)
            {
                if (!target.OnlyReads && !target.Options.Plan)
                {
                    paths.EnsureDirectories();
                }
            }

            var call = new Invocation
            {
                Paths = paths,
                Report = report,
                Options = target.Options,
                Actor = CallerActor.Find(target.Options),
                Words = [Path.GetFileName(programName), .. words.Where((w, i) => i > 0 || w != "--job-worker")],
                Umask = umask,
                Time = time,
                Cancel = cancel,
            };
            if (!target.OpenToPanel && CallerActor.IsPanel(call.Actor))
            {
                throw new ProblemException(ProblemCode.NotPermitted, $"'{target.Title}' is not for the panel. Run it in a shell of the host.");
            }

            var code = target.Run(call);
            if (code == ExitCodes.Success && target.Options.Json)
            {
                report.Result();
            }

            return code;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var problem = ProblemException.ToEvent(e);
            report.Write(problem);
            return (e as ProblemException)?.ExitCode ?? ExitCodes.Of(problem.Code);
        }
    }
}
