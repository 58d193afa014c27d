using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>A unification or its undoing as an operation: its plan, or the work.</summary>
internal static class UnificationCommand
{
    /// <summary>Shares files, or tells the plan.</summary>
    public static int Unify(Invocation call, UnificationRequest request, bool isTest)
    {
        if (call.Options.Plan || isTest)
        {
            var plan = new Planning(call, request).Make();
            return Tell(call, plan, $"{plan.FilesToShare} of {plan.Files} files would be shared{(plan.IsEstimate ? " if their content is equal, too" : "")}, {plan.FilesShared} are. That frees {(plan.IsEstimate ? "at most " : "")}{ByteSize.Format(plan.BytesSaved)}. {plan.MethodReason}\n{Describe(plan.Skipped)}");
        }

        return OperationRunner.Run(call, KindOf("unify", call, request), operation =>
        {
            var choice = request.Choose(call.Paths);
            if (request.Faults(call, choice).FirstOrDefault() is { } fault)
            {
                throw fault;
            }

            if (request.Trust(choice.Method) is { } trust)
            {
                operation.Report.Warn(trust);
            }

            var outcome = new UnificationRun(operation, request, choice.Require()).Run();
            return (WireProtocol.ToElement(outcome), Describe(outcome));
        });
    }

    /// <summary>Gives vservers files of their own again.</summary>
    /// <param name="call">Who asks.</param>
    /// <param name="request">For which.</param>
    /// <param name="command">The words that it was asked for with.</param>
    public static int Separate(Invocation call, UnificationRequest request, IReadOnlyList<string> command)
    {
        if (call.Options.Plan)
        {
            var plan = new SeparationPlanning(call, request, command).Make();
            return Tell(call, plan, $"{plan.FilesShared} files that {string.Join(", ", request.VServers)} share with others would get content of their own. That takes {ByteSize.Format(-plan.BytesSaved)}; {ByteSize.Format(plan.BytesFree)} are free.");
        }

        return OperationRunner.Run(call, KindOf("deunify", call, request), operation =>
        {
            if (request.Faults(call, new SharingChoice(null, ""), isSeparating: true).FirstOrDefault() is { } fault)
            {
                throw fault;
            }

            var outcome = new Separation(operation, request).Run();
            if (outcome.Skipped.Count > 0)
            {
                operation.Report.Warn($"{outcome.Skipped.Sum(s => s.Files)} files still share their content with others; the reasons are told below. Stop {string.Join(", ", request.VServers)} and run it again for those that are in use.");
            }

            return (WireProtocol.ToElement(outcome), $"{outcome.FilesChanged} files have content of their own again, which takes {ByteSize.Format(-outcome.BytesSaved)}.\n{Describe(outcome.Skipped, "still shared")}".TrimEnd());
        });
    }

    /// <summary>The command that does it.</summary>
    public static IReadOnlyList<string> WordsOf(UnificationRequest request) =>
    [
        "vunify",
        .. request.IsQuick ? ["--quick"] : Array.Empty<string>(),
        .. request.Method is { } method ? ["--method", MethodWords.First(w => w.Value == method).Key] : Array.Empty<string>(),
        .. request.Exclusions.Words,
        .. request.VServers.Select(v => v.Value),
        .. PackagesOf(request),
    ];

    /// <summary>The words of an undo behind the command.</summary>
    /// <param name="request">It.</param>
    /// <param name="vservers">Those that are named in it.</param>
    public static IReadOnlyList<string> WordsOfUndo(UnificationRequest request, IReadOnlyList<VServerName> vservers) =>
        [.. request.KeptShared.Words, .. vservers.Select(v => v.Value), .. PackagesOf(request)];

    private static IReadOnlyList<string> PackagesOf(UnificationRequest request) =>
        request.Scope != UnificationScope.Package ? [] : ["--", .. request.Packages.Count == 0 ? ["ALL"] : request.Packages];

    public static IReadOnlyDictionary<string, SharingMethod> MethodWords { get; } = new Dictionary<string, SharingMethod>
    {
        ["reflink"] = SharingMethod.Reflink,
        ["hardlink"] = SharingMethod.HardLink,
        ["immutable"] = SharingMethod.Immutable,
    };

    private static OperationKind KindOf(string name, Invocation call, UnificationRequest request) =>
        new(name, request.VServers[0]) { AlsoLocked = [.. request.VServers.Union(request.Thawed(call)).Where(v => v != request.VServers[0])], IsChangingAll = true };

    private static int Tell(Invocation call, UnificationPlan plan, string text)
    {
        foreach (var warning in plan.Warnings)
        {
            call.Report.Warn(warning);
        }

        call.Report.Result(plan, plan.Problems.Count > 0 ? "It would be refused: " + string.Join(' ', plan.Problems.Select(p => p.Message)) : text);
        return ExitCodes.Success;
    }

    private static string Describe(UnificationOutcome outcome) =>
        $"{outcome.FilesChanged} files were made to share, {outcome.FilesShared} do now; {ByteSize.Format(outcome.BytesSaved)} saved, {ByteSize.Format(outcome.BytesFreeAfter)} are free.\n{Describe(outcome.Skipped)}";

    private static string Describe(IReadOnlyList<SkippedFiles> skipped, string what = "left alone") =>
        string.Join('\n', skipped.Select(s => $"  {s.Files,8} files, {ByteSize.Format(s.Bytes),9}, {what}: {s.Explanation}"));
}
