using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>A build as an operation: its plan, or the work with what follows it.</summary>
internal static class BuildOperation
{
    public static int Run(Invocation call, BuildRequest request)
    {
        using var source = TreeSource.Of(request, call);
        if (call.Options.Plan)
        {
            call.Report.Plan(BuildPlan.Make(call, request, source).ToWire(call));
            return ExitCodes.Success;
        }

        var kind = new OperationKind("build", request.Name)
        {
            AlsoLocked = source.Locked is { } other && other != request.Name ? [other] : [],
            Afterwards = operation =>
            {
                if (source.UnifiedAfterwards is { } reference)
                {
                    Follow(operation, request.Name, ["vunify", reference.Value, request.Name.Value], call => ToolTable.FindTool("vunify")!.Run([reference.Value, request.Name.Value], call), "unified");
                }

                if (request.Start)
                {
                    Follow(operation, request.Name, ["vserver", request.Name.Value, "start"], call => ToolTable.FindVerb("start")!.Run(request.Name, [], call), "started");
                }
            },
        };
        return OperationRunner.Run(call, kind, operation =>
        {
            new BuildHandler(operation, request, source).Run();
            return (null, $"{request.Name} is made.{(request.Start ? "" : $" 'vserver {request.Name} start' starts it.")}");
        });
    }

    // an operation of its own, with its own entries in the journal; what it says is part of this output
    private static void Follow(Operation operation, VServerName name, IReadOnlyList<string> words, Action<Invocation> run, string done)
    {
        try
        {
            run(operation.Call.Nested(operation.Report, words));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            operation.Report.Warn($"{name} is made, but could not be {done}: {ProblemException.ToEvent(e).Message}");
        }
    }
}
