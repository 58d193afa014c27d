using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary><c>vserver NAME standby copy | keep | stop | --of HOST</c></summary>
internal sealed class StandbyVerb : Verb
{
    public const string UsageLine = """
        Usage: vserver NAME standby copy [--to HOST] [--bandwidth BYTES]                   copy it to the other host once; --to the first time
               vserver NAME standby keep [--to HOST] --every MINUTES [--bandwidth BYTES]   copy it there again and again
               vserver NAME standby stop                                                   copy it no more
               vserver NAME standby --of HOST                                              this one is the copy, which is filled by means of your own
        """;

    public override string Name => "standby";

    public override bool OpenToPanel => true;

    // what is kept of one that was deleted here can be ended
    public override bool NeedsExisting => false;

    public override string Usage => "copy|keep|stop|--of HOST";

    public override string Summary => "keep a stopped copy on another host; or: this one is the copy, never started unless it is promoted";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is ["--help" or "-h"])
        {
            Console.Out.WriteLine(UsageLine);
            return ExitCodes.Success;
        }

        var keeping = new KeepingCommands(name, call);
        if (arguments is ["stop", ..])
        {
            return keeping.Stop([.. arguments.Skip(1)]);
        }

        if (!call.Registry.Exists(name))
        {
            throw ProblemException.NoSuchVServer(name);
        }

        return arguments switch
        {
            ["copy", ..] => keeping.Copy([.. arguments.Skip(1)]),
            ["keep", ..] => keeping.Keep([.. arguments.Skip(1)]),
            ["--of", ..] or [['-', '-', 'o', 'f', '=', ..]] => MarkCommand.Run(name, arguments, call),
            _ => throw new ProblemException(ProblemCode.InvalidArgument, UsageLine),
        };
    }
}
