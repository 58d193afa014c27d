using VServerPanel.Native.Commands;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME service …</c> and <c>chkconfig …</c>: the guest's own program of that name, as <c>exec</c> runs it.</summary>
/// <param name="program">Name of verb and program.</param>
/// <param name="usage">What stands after the verb.</param>
/// <param name="summary">One line for the list of verbs.</param>
/// <param name="instead">What to call where the guest has no such program: each the words after <c>vserver NAME exec</c>.</param>
internal sealed class GuestProgramVerb(string program, string usage, string summary, params string[] instead) : Verb
{
    public override string Name => program;

    public override string Usage => usage;

    public override string Summary => summary;

    public override bool PassesThrough => true;

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        // one that is not running is refused by exec, in its words
        if (new RunStateStore(call.Paths).FindRunning(name) is not null)
        {
            using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
            if (!GuestBundle.SearchPath.Any(directory => InitProgram.Has(root, $"{directory}/{program}")))
            {
                throw new ProblemException(ProblemCode.MissingTool, $"{name} has no program '{program}'. Install it there, or use {string.Join(" or ", instead.Select(words => $"'vserver {name} exec {words}'"))}.");
            }
        }

        return ExecHandler.Run(program, name, "root", [program, .. arguments], call);
    }
}
