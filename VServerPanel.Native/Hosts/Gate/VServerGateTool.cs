using System.Runtime.InteropServices;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Gate;

/// <summary><c>vserver --as vserver-gate</c>: what the key of another machine's panel may run here by ssh (the <c>command=</c> of authorized_keys). It runs as the panel's
/// user and becomes <c>sudo -n vserver WORDS</c>, so that the other panel can do what one on this host could, and nothing else.</summary>
/// <remarks>It has no rights of its own: who gets around it is the user vserverpanel without a terminal, who may run the same by sudo.</remarks>
internal sealed class VServerGateTool : Tool
{
    public const string ToolName = "vserver-gate";

    private const string Variable = "SSH_ORIGINAL_COMMAND";

    public override string Name => ToolName;

    public override string Summary => "what the key of another machine's panel may run here";

    public override bool IsInternal => true;

    public override bool PassesThrough => true;

    public override bool NeedsRoot => false;

    public override bool OnlyReads => true;

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        // as root it would call sudo as root, for which the command believes whatever it is told
        if (Libc.geteuid() == 0 || arguments.Count > 0)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"{ToolName} is called by sshd, for the user {HostPaths.PanelUser}, without arguments. 'vserver-setup --allow-panel KEY' arranges that.");
        }

        var report = new Output.JsonReporter(Console.Out, call.Time);
        try
        {
            List<string> command = [ChildProcess.Require("sudo"), "-n", ToolLinksStep.Command(call.Paths), .. Words(Environment.GetEnvironmentVariable(Variable))];
            Console.Out.Flush();

            // the runtime ignores it, and ignored signals stay so through execve(2)
            _ = Libc.signal(Libc.SIGPIPE, 0);
            _ = Libc.execvp(command);
            throw new ErrnoException(Marshal.GetLastPInvokeError(), "execve", command[0]);
        }
        catch (Exception e) when (e is ProblemException or ErrnoException)
        {
            // who listens reads the wire, whatever the words were
            var problem = ProblemException.ToEvent(e);
            report.Write(problem);
            return ExitCodes.Of(problem.Code);
        }
    }

    /// <exception cref="ProblemException">InvalidArgument: no command, or not written as <see cref="RemoteWords"/> says.</exception>
    private static IReadOnlyList<string> Words(string? line) => string.IsNullOrEmpty(line)
        ? throw new ProblemException(ProblemCode.InvalidArgument, "This key is for a panel, which runs commands; there is no shell here.")
        : RemoteWords.Read(line) ?? throw new ProblemException(
            ProblemCode.InvalidArgument, $"The command must be '{RemoteWords.Command} WORD …', and each byte of a word that is no letter, digit or one of -_./:@,=+ be written %XX.");
}
