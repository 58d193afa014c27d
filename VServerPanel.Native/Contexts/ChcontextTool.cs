using VServerPanel.Native.Commands;

namespace VServerPanel.Native.Contexts;

/// <summary><c>chcontext [options] COMMAND…</c>: runs a command in another security context.</summary>
internal sealed class ChcontextTool : Tool
{
    public override string Name => "chcontext";

    // a new context is for everybody: "a personal security box before executing a not-so-trusted game" (FAQ)
    public override bool NeedsRoot => false;

    public override bool PassesThrough => true;

    public override bool BecomesAnother => true;

    public override string Summary => "[--ctx N] [--secure] … COMMAND…: run a command in a new or another context";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is [] or ["--help" or "-h"])
        {
            Console.Out.WriteLine(Help);
            return arguments.Count == 0 ? ExitCodes.Usage : ExitCodes.Success;
        }

        var options = ChcontextOptions.Parse(arguments);
        return new ContextHandler(call, options with { IsSilent = options.IsSilent || call.Options.Silent }).Run();
    }

    private const string Help = """
        Usage: chcontext [options] COMMAND [arguments]…

        Runs a command in a security context: it and what it starts see and can signal each other, and nobody else. Without --ctx the context is
        new. Everybody may have a new one, as a personal box for a program that is not trusted; only root in context 0 may choose a number.

          --ctx N, --xid N        0: the host. 1: sees the processes of all contexts and can signal none. Others: that context, which is made if it is not
                                  there. The context of a running vserver is entered as a recorded step, with the host's files
          --secure                take the capabilities away that a vserver does not have
          --cap CAP_NAME          leave this one, with --secure (repeatable)
          --cap !CAP_NAME         take this one away too (repeatable)
          --hostname NAME         host name in the context
          --domainname NAME       NIS domain name in the context; none: unset
          --flag FLAG             (repeatable) fakeinit: the command is process 1; lock: no other context from in there; nproc, ulimit: the limit of
                                  processes (ulimit -u) counts for the whole context; private: nobody can join it. sched and hideinfo: no effect
          --disconnect            in the background, as a child of process 1
          --silent                do not print the context's number

        The command's exit code is the answer; 255 where it cannot be run. A context ends with its last process.
        """;
}
