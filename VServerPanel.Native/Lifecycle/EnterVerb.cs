using VServerPanel.Native.Commands;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME enter</c>: a login shell of root's.</summary>
internal sealed class EnterVerb : Verb
{
    public override string Name => "enter";

    public override string Summary => "a login shell in the vserver";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (!NoArguments.Require(this, arguments))
        {
            return ExitCodes.Success;
        }

        return ExecHandler.Run("enter", name, "root", [], call);
    }
}
