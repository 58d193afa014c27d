using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Terminal;

/// <summary>Joins a shell's terminal inside a vserver to the wire: its output as items, its input from our standard input.</summary>
internal static class TerminalHandler
{
    private const string Type = "TERM=xterm-256color";

    // what a line of the wire then has is a third more, and fits into a pipe
    private const int LargestChunk = 24 << 10;

    // more than a terminal's buffer holds
    private const int MostAfterEnd = 256 << 10;

    // what programs get between the hang-up and SIGKILL
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    /// <param name="name">The vserver.</param>
    /// <param name="size">Of the window, at first.</param>
    /// <param name="call">Whose output it is.</param>
    /// <returns>The shell's exit code.</returns>
    /// <exception cref="ProblemException">NotRunning; CommandFailed: the runtime could not run the shell.</exception>
    public static int Run(VServerName name, TerminalSize size, Invocation call)
    {
        var code = ExitCodes.Failure;
        var kind = new OperationKind("terminal", name) { IsJob = false, IsDurable = false, IsLocked = false, OnFullDisk = FullDiskRule.WriteAside };
        OperationRunner.Run(call, kind, _ =>
        {
            var state = new RunStateStore(call.Paths).FindRunning(name)
                ?? throw new ProblemException(ProblemCode.NotRunning, $"Server {name} is not running", exitCode: ExitCodes.Stopped);
            using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
            var account = GuestUser.Find(root, "root");
            var guest = new GuestExec(call.Paths, name, state);
            var process = guest.Describe(account, [account.Shell, "-l"], hasTerminal: true, Type);
            using var terminal = GuestTerminal.Open(guest, process, call.Paths.RunDirectoryOf(name), size);
            code = Serve(terminal, call);
            return (WireProtocol.ToElement(new CommandOutcome(code)), null);
        });
        return code;
    }

    private static int Serve(GuestTerminal terminal, Invocation call)
    {
        call.Report.Item(ItemKinds.TerminalOpened, new Dictionary<string, string>(StringComparer.Ordinal));
        using var input = new TerminalInputReader(terminal, call.Cancel);
        input.Start();
        Copy(terminal, input.Closed, call.Report);
        terminal.HangUp();
        return terminal.Wait(s_grace);
    }

    // Who reads our output slowly holds up the guest's program and nobody else: the terminal's own buffer is the kernel's.
    private static void Copy(GuestTerminal terminal, SafeFileHandle closed, IReporter report)
    {
        var buffer = new byte[LargestChunk];

        // what the shell left in the background may write for ever
        for (var left = MostAfterEnd; left > 0;)
        {
            var (isReadable, isClosed, hasEnded) = Libc.WaitReadable(terminal.Descriptor, closed, terminal.Process);
            if (isClosed)
            {
                return;
            }

            // EIO: nobody has the terminal open any more (pty(7))
            var count = isReadable ? terminal.Read(buffer) : 0;
            if (count > 0)
            {
                report.Item(ItemKinds.TerminalOutput, new TerminalOutput(buffer.AsMemory(0, count)));
                left -= hasEnded ? count : 0;
            }
            else if (hasEnded || isReadable)
            {
                return;
            }
        }
    }
}
