using VServerPanel.Native.Commands;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What a unification would do, from attributes, from what earlier runs found, and from where blocks lie: no file is read or changed.</summary>
/// <remarks>A stopped vserver with rpm is started for its database, without its services, and stopped again, if the database has changed since it last was.</remarks>
internal sealed class Planning(Invocation call, UnificationRequest request)
{
    public UnificationPlan Make()
    {
        var choice = request.Choose(call.Paths);
        var problems = request.Faults(call, choice).Select(f => f.ToEvent()).ToList();
        var plan = new UnificationPlan
        {
            Method = choice.Method,
            MethodReason = choice.Reason,
            Scope = request.Scope,
            Files = 0,
            FilesToShare = 0,
            FilesShared = 0,
            BytesSaved = 0,
            IsEstimate = true,
            Members = [],
            Skipped = [],
            Problems = problems,
            Command = UnificationCommand.WordsOf(request),
        };
        if (problems.Exists(p => p.Code is ProblemCode.NotFound or ProblemCode.InvalidArgument))
        {
            return plan;
        }

        using var openFiles = OpenFiles.RaiseLimit();
        using var scan = new TreeScan([.. request.VServers.Select(call.Paths.TreeOf)]);
        new TreeScanner(scan, request.Exclusions).Run(request.Threads, call.Cancel.ThrowIfCancellationRequested);
        var isByLinks = choice.Method != SharingMethod.Reflink;
        var packages = new PackageFiles(call, isLocked: false, scan, request.VServers, request.Scope == UnificationScope.Package ? request.Packages : null).RequireSharers();
        var buckets = new Buckets(scan, isByLinks, packages);
        var parts = Estimate(scan, buckets, isByLinks);
        var summary = new ScanSummary(scan, request.VServers);
        if (request.IsEachFileTold)
        {
            FileReport.Tell(scan, request.VServers, call.Report, "to be shared");
        }

        return plan with
        {
            Files = summary.Files,
            FilesToShare = parts.Sum(p => p.FilesToShare),
            FilesShared = parts.Sum(p => p.FilesShared),
            BytesSaved = parts.Sum(p => p.BytesSaved),
            IsEstimate = parts.Exists(p => p.IsEstimate),
            Members = summary.Members,
            Skipped = summary.Skipped,
            BytesFree = UnificationRun.BytesFree(scan),
            Warnings = [.. packages.Faults, .. request.Exclusions.Doubts(scan), .. request.Trust(choice.Method) is { } trust ? [trust] : Array.Empty<string>()],
        };
    }

    /// <summary>Looks at every bucket, and marks its files.</summary>
    private List<PlanEstimate> Estimate(TreeScan scan, Buckets buckets, bool isByLinks)
    {
        var (known, met, next) = (new KnownFiles(call.Paths), new InodeSet(), -1);
        var parts = Enumerable.Range(0, new DescriptorBudget(request.Threads).Threads).Select(_ => new PlanEstimate(scan, known, met)).ToList();
        ParallelWork.Run(parts.Count, (thread, stop) =>
        {
            using var part = parts[thread];
            for (int i; !stop() && (i = Interlocked.Increment(ref next)) < buckets.All.Count;)
            {
                var rows = buckets.Rows.AsSpan(buckets.All[i].Start, buckets.All[i].Count);
                if (isByLinks)
                {
                    part.AddLinks(rows, request.IsQuick);
                }
                else
                {
                    part.AddBlocks(rows);
                }
            }
        }, call.Cancel.ThrowIfCancellationRequested);
        return parts;
    }
}
