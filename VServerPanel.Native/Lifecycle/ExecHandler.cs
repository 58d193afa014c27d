using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Runs a command inside a running vserver, with our terminal as its user's where we have one.</summary>
internal static class ExecHandler
{
    private static readonly TimeSpan s_asLongAsItTakes = TimeSpan.FromDays(36_500);

    /// <param name="operationName">exec, enter or suexec: the journal's word.</param>
    /// <param name="name">The vserver.</param>
    /// <param name="user">Name or number of the user in the vserver.</param>
    /// <param name="command">The words; none for a login shell of the user.</param>
    /// <param name="call">Whose output and terminal it is.</param>
    /// <returns>The command's exit code.</returns>
    /// <exception cref="ProblemException">NotRunning (exit code 3); NotFound: no such user.</exception>
    public static int Run(string operationName, VServerName name, string user, IReadOnlyList<string> command, Invocation call)
    {
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep($"Run {(command.Count > 0 ? $"'{string.Join(' ', command)}'" : "a login shell")} in {name} as {user}")], [], []));
            return ExitCodes.Success;
        }

        var code = ExitCodes.Failure;

        // an entered shell may stay open for days: it must not keep others from working on the vserver
        var kind = new OperationKind(operationName, name) { IsJob = false, IsDurable = false, IsLocked = false, OnFullDisk = FullDiskRule.WriteAside };
        OperationRunner.Run(call, kind, operation =>
        {
            var state = new RunStateStore(call.Paths).FindRunning(name)
                ?? throw new ProblemException(ProblemCode.NotRunning, $"Server {name} is not running", exitCode: ExitCodes.Stopped);
            using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
            var account = GuestUser.Find(root, user);
            IReadOnlyList<string> words = command.Count > 0 ? command : [account.Shell, "-l"];
            var guest = new GuestExec(call.Paths, name, state);

            var terminalType = $"TERM={Environment.GetEnvironmentVariable("TERM") ?? "dumb"}";

            // its output is the wire's: lines of a program, then how it ended
            if (call.Options.Json)
            {
                code = guest.RunLines(guest.Describe(account, words, hasTerminal: false, terminalType), s_asLongAsItTakes, call.Report.ProgramOutput);
                return (WireProtocol.ToElement(new CommandOutcome(code)), null);
            }

            // A terminal of ours is never handed in: the guest gets one of its own, and the runtime copies between the two.
            var hasTerminal = Libc.isatty(0) == 1 && Libc.isatty(1) == 1;
            code = guest.RunAttached(guest.Describe(account, words, hasTerminal, terminalType));
            return (null, null);
        });
        return code;
    }
}
