using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary><c>vbuild [--test] [--debug] [--excldir D]… [--stats] REFDIR NEWDIR</c>: a new tree that shares with a reference what may be shared.</summary>
internal sealed class VBuildTool : Tool
{
    public override string Name => "vbuild";

    public override string Summary => "REFDIR NEWDIR: a new tree that shares files with a reference";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var reference = new Argument<string>("REFDIR");
        var target = new Argument<string>("NEWDIR");
        var test = new Option<bool>("--test") { Description = "say what would be done, and do nothing" };
        var debug = new Option<bool>("--debug") { Description = "say more" };
        var stats = new Option<bool>("--stats") { Description = "say how many files are shared and copied" };
        var excluded = new Option<string[]>("--excldir") { Description = "directory in it whose files are copied; repeatable", HelpName = "DIR", AllowMultipleArgumentsPerToken = false };
        var method = new Option<string>("--method") { Description = "reflink, hardlink or immutable (default: the best there is)", HelpName = "METHOD" };
        var command = new Command(Name, "Makes a tree like REFDIR in NEWDIR. Files that may be shared are, the others are copied.") { reference, target, test, debug, stats, excluded, method };
        if (ArgumentParser.Parse(command, arguments, Name) is not { } result)
        {
            return ExitCodes.Success;
        }

        var handler = new VBuildHandler(call, PathOf(result.GetValue(reference)!), PathOf(result.GetValue(target)!), ReadMethod(result.GetValue(method)), new Exclusions(result.GetValue(excluded) ?? [], []));
        if (call.Options.Plan || result.GetValue(test))
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("vbuild", null) { AlsoLocked = handler.Thawed(), IsChangingAll = true }, operation =>
        {
            handler.Run(operation, result.GetValue(stats) || result.GetValue(debug));
            return (null, null);
        });
    }

    private static string PathOf(string word) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(word));

    private static SharingMethod? ReadMethod(string? word) => word switch
    {
        null => null,
        _ when UnificationCommand.MethodWords.TryGetValue(word, out var method) => method,

        // as it was called here alone
        "hard-link" => SharingMethod.HardLink,
        _ => throw new ProblemException(ProblemCode.InvalidArgument, $"There is no method '{word}'. The methods are reflink, hardlink and immutable."),
    };
}
