using VServerPanel.Native.Commands;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What giving vservers files of their own again would take: nothing is changed.</summary>
internal sealed class SeparationPlanning(Invocation call, UnificationRequest request, IReadOnlyList<string> command)
{
    /// <summary>The plan: what it saves is negative, the room that it takes.</summary>
    public UnificationPlan Make()
    {
        var problems = request.Faults(call, new SharingChoice(null, ""), isSeparating: true).Select(f => f.ToEvent()).ToList();
        var plan = new UnificationPlan
        {
            MethodReason = "",
            Scope = request.Scope,
            Files = 0,
            FilesToShare = 0,
            FilesShared = 0,
            BytesSaved = 0,
            IsEstimate = false,
            Members = [],
            Skipped = [],
            Problems = problems,
            Command = command,
        };
        if (problems.Exists(p => p.Code is ProblemCode.NotFound or ProblemCode.InvalidArgument))
        {
            return plan;
        }

        using var openFiles = OpenFiles.RaiseLimit();
        using var scan = new TreeScan([.. request.VServers.Select(call.Paths.TreeOf)]);
        new TreeScanner(scan, request.KeptShared).Run(request.Threads, call.Cancel.ThrowIfCancellationRequested);
        var shared = SharedFiles.Find(call, isLocked: false, scan, request);
        var free = UnificationRun.BytesFree(scan);
        return plan with
        {
            Files = scan.Files.Count,
            FilesShared = shared.Shared.Count,
            BytesSaved = -shared.Bytes,
            BytesFree = free,
            Warnings = request.KeptShared.Doubts(scan),
            Problems = [.. problems, .. shared.Fault(free) is { } fault ? [fault.ToEvent()] : Array.Empty<ProblemEvent>()],
        };
    }
}
