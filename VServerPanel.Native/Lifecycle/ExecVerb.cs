using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME exec CMD…</c></summary>
internal sealed class ExecVerb : Verb
{
    public override string Name => "exec";

    public override string Usage => "CMD…";

    public override string Summary => "run a command in the vserver";

    public override bool PassesThrough => true;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        IReadOnlyList<string> command = arguments is ["--", ..] ? [.. arguments.Skip(1)] : arguments;
        return command.Count > 0
            ? ExecHandler.Run("exec", name, "root", command, call)
            : throw new ProblemException(ProblemCode.InvalidArgument, "What is to be run? Usage: vserver NAME exec CMD…");
    }
}
