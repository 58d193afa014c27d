using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Verbs that take no words of their own.</summary>
internal static class NoArguments
{
    /// <returns>Whether to go on; false: help was asked for and given.</returns>
    /// <exception cref="ProblemException">InvalidArgument: there are some.</exception>
    public static bool Require(Verb verb, IReadOnlyList<string> arguments)
    {
        if (arguments is ["--help" or "-h"])
        {
            Console.Out.WriteLine($"Usage: vserver NAME {verb.Name}   {verb.Summary}");
            return false;
        }

        if (arguments.Count > 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{arguments[0]}' is not understood. Usage: vserver NAME {verb.Name}");
        }

        return true;
    }
}
