using VServerPanel.Native.Commands;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What a unification would do, from attributes and from what earlier runs found: no file is read or changed.</summary>
/// <remarks>A stopped vserver with rpm is started for its database, without its services, and stopped again, if the database has changed since it last was.</remarks>
internal sealed class Planning(Invocation call, UnificationRequest request)
{
    private long _filesToShare;
    private long _filesShared;
    private long _saved;
    private bool _isEstimate;

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

        using var scan = new TreeScan([.. request.VServers.Select(call.Paths.TreeOf)]);
        new TreeScanner(scan, request.Exclusions).Run(request.Threads, call.Cancel.ThrowIfCancellationRequested);
        var isByLinks = choice.Method != SharingMethod.Reflink;
        var packages = new PackageFiles(call, isLocked: false, scan, request.VServers, request.Scope == UnificationScope.Package ? request.Packages : null);
        var buckets = new Buckets(scan, isByLinks, packages);
        var known = new KnownFiles(call.Paths);
        var units = new UnitList(scan);
        foreach (var (start, count) in buckets.All)
        {
            Estimate(scan, known, units, buckets.Rows.AsSpan(start, count), isByLinks);
        }

        var summary = new ScanSummary(scan, request.VServers);
        if (request.IsEachFileTold)
        {
            FileReport.Tell(scan, request.VServers, call.Report, "to be shared");
        }

        return plan with
        {
            Files = summary.Files,
            FilesToShare = _filesToShare,
            FilesShared = _filesShared,
            BytesSaved = _saved,
            IsEstimate = _isEstimate,
            Members = summary.Members,
            Skipped = summary.Skipped,
            BytesFree = UnificationRun.BytesFree(scan),
            Warnings = [.. packages.Faults, .. request.Trust(choice.Method) is { } trust ? [trust] : Array.Empty<string>()],
        };
    }

    private void Estimate(TreeScan scan, KnownFiles known, UnitList units, Span<int> rows, bool isByLinks)
    {
        units.Read(rows);
        if (isByLinks)
        {
            rows = WithoutLinked(scan, units, rows);
            units.Read(rows);
            if (units.Count == 0)
            {
                return;
            }
        }

        var classes = new Dictionary<ulong, int>();
        var isKnown = known.Recall(scan, rows);
        _isEstimate |= !isKnown && units.Count > 1 && !request.IsQuick;
        for (var i = 0; i < units.Count; i++)
        {
            var unit = units[i];
            ref var row = ref scan.Files[rows[unit.Start]];
            var key = isKnown ? row.Class : 0ul;

            // several names of one inode are what hard links make; blocks are shared among inodes
            var alike = isByLinks ? unit.Count : 1;
            classes[key] = classes.GetValueOrDefault(key) + alike;
            var isFirst = classes[key] == alike;
            foreach (var index in rows.Slice(unit.Start, unit.Count))
            {
                scan.Files[index].Marks |= FileMarks.Shared;
            }

            if (isKnown && !isByLinks)
            {
                // blocks that were shared then; those of a class of one are its own
                continue;
            }

            _filesShared += alike > 1 ? unit.Count : 0;
            if (!isFirst)
            {
                _filesToShare += unit.Count;
                _saved += unit.Count == row.Links || !isByLinks ? row.Bytes : 0;
                foreach (var index in rows.Slice(unit.Start, unit.Count))
                {
                    scan.Files[index].Marks |= FileMarks.Replaced;
                }
            }
        }

        // what has no like
        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];
            var like = classes[isKnown ? row.Class : 0ul];
            if (isKnown && !isByLinks && row.Class == KnownFiles.InlineClass)
            {
                row.Marks &= ~FileMarks.Shared;
                row.Reason = SkipReason.Inline;
                continue;
            }

            _filesShared += isKnown && !isByLinks && like > 1 ? 1 : 0;
            if (like == 1)
            {
                row.Marks &= ~FileMarks.Shared;
                row.Reason = SkipReason.Differs;
            }
        }
    }

    /// <summary>Leaves out files that one vserver has under several names.</summary>
    private static Span<int> WithoutLinked(TreeScan scan, UnitList units, Span<int> rows)
    {
        var kept = 0;
        for (var i = 0; i < units.Count; i++)
        {
            var own = rows.Slice(units[i].Start, units[i].Count);
            var tree = scan.TreeOf(scan.Files[own[0]]);
            var isLinked = scan.Files[own[0]].Links > 1;
            foreach (var index in own)
            {
                isLinked &= scan.TreeOf(scan.Files[index]) == tree;
            }

            // what is shared with a vserver that is not asked about looks the same, and is rare
            foreach (var index in own)
            {
                if (isLinked && scan.Files[own[0]].Links == own.Length)
                {
                    scan.Files[index].Reason = SkipReason.HardLinked;
                }
                else
                {
                    rows[kept++] = index;
                }
            }
        }

        return rows[..kept];
    }
}
