using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME suexec USER CMD…</c></summary>
internal sealed class SuexecVerb : Verb
{
    public override string Name => "suexec";

    public override string Usage => "USER CMD…";

    public override string Summary => "run a command in the vserver as one of its users";

    public override bool PassesThrough => true;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call) => arguments is [var user, _, ..]
        ? ExecHandler.Run("suexec", name, user, [.. arguments.Skip(arguments[1] == "--" ? 2 : 1)], call)
        : throw new ProblemException(ProblemCode.InvalidArgument, "Usage: vserver NAME suexec USER CMD…");
}
