using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Signals processes of contexts, each in its own: a recorded step into the context, which is what the host's <c>kill</c> is not.</summary>
internal sealed class KillHandler(Invocation call, int signal)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly ContextTable _contexts = new(call.Paths, call.Time);

    /// <summary>A process that is there.</summary>
    /// <param name="Reference">With its start time.</param>
    /// <param name="Context">Its context.</param>
    /// <param name="Words">What it runs, for the record.</param>
    public sealed record Aim(ProcessReference Reference, ProcessContext Context, string Words)
    {
        /// <summary>4711 (12 in web1): nginx: worker process.</summary>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Reference.Pid} ({(Context.VServer is { } name ? name.Value : $"context {Context.Number}")}): {Words}");
    }

    /// <summary>Finds out what a reference names.</summary>
    /// <exception cref="ProblemException">NotFound: it is gone, or a later process has its pid; NotPermitted: it is the host's.</exception>
    public Aim Find(ProcessReference reference)
    {
        // the start time is read on both sides of the context: all of it is of one process then
        var start = ProcessIdentity.StartOf(reference.Pid);
        var context = _contexts.Of(reference.Pid);
        var words = ProcessDetails.Read(reference.Pid, new byte[16 * 1024])?.CommandLine ?? "";
        if (start == 0 || context is null || (reference.StartTicks is { } wanted && wanted != start) || ProcessIdentity.StartOf(reference.Pid) != start)
        {
            throw new ProblemException(ProblemCode.NotFound, $"There is no process {reference.Pid} any more.");
        }

        return context.IsHost
            ? throw new ProblemException(ProblemCode.NotPermitted, $"Process {reference.Pid} is the host's, and vkill signals processes of vservers only. The host's own command for it is 'kill'.")
            : new Aim(reference with { StartTicks = start }, context, words);
    }

    /// <summary>Signals some processes of one context as one recorded operation.</summary>
    /// <exception cref="ProblemException">What failed; the others got their signal.</exception>
    public int Run(IReadOnlyList<Aim> aims, Invocation by)
    {
        var kind = new OperationKind("kill", aims[0].Context.VServer) { IsJob = false, IsDurable = false, IsLocked = false, OnFullDisk = FullDiskRule.AlwaysDo };
        return OperationRunner.Run(by, kind, operation =>
        {
            operation.Before = string.Join('\n', aims.Select(a => a.ToString()));
            var failures = new List<ProblemException>();
            foreach (var aim in aims)
            {
                try
                {
                    Send(aim);
                    operation.Report.Info($"{SignalNames.NameOf(signal)} sent to {aim}");
                }
                catch (ProblemException e)
                {
                    failures.Add(e);
                }
            }

            return failures.Count == 0 ? (null, null) : throw new ProblemException(failures[0].Code, string.Join(' ', failures.Select(f => f.Message)), failures[0]);
        });
    }

    private void Send(Aim aim)
    {
        var pid = aim.Reference.Pid.ToString(CultureInfo.InvariantCulture);
        string[] words =
        [
            "--as", SignalTool.ToolName, aim.Context.Cgroup, pid, aim.Reference.StartTicks.GetValueOrDefault().ToString(CultureInfo.InvariantCulture),
            signal.ToString(CultureInfo.InvariantCulture),
        ];
        var result = new ChildProcess { Program = Environment.ProcessPath ?? "/usr/sbin/vserver", Arguments = words, TimeOut = s_patience }.Try();
        switch (result.ExitCode)
        {
            case ExitCodes.Success:
                return;
            case SignalTool.Gone:
                throw new ProblemException(ProblemCode.NotFound, $"There is no process {pid} any more.");
            default:
                throw new ProblemException(ProblemCode.CommandFailed, $"Process {pid} could not be signalled: {result.Error.Trim()}");
        }
    }
}
