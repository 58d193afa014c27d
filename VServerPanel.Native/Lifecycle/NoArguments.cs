using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Verbs that take no words of their own.</summary>
internal static class NoArguments
{
    /// <exception cref="ProblemException">InvalidArgument: there are some.</exception>
    public static void Require(Verb verb, IReadOnlyList<string> arguments)
    {
        if (arguments.Count > 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{arguments[0]}' is not understood. Usage: vserver NAME {verb.Name}");
        }
    }
}
