using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>A unification: scan, compare and share, verify, remember. It can be stopped between any two files; what is shared by then stays so.</summary>
internal sealed class UnificationRun(Operation operation, UnificationRequest request, SharingMethod method)
{
    private const int Steps = 4;

    private readonly HostPaths _paths = operation.Paths;
    private Buckets _buckets = Buckets.None;
    private IReadOnlyList<VServerName> _unread = [];
    private long? _total;

    public UnificationOutcome Run()
    {
        var started = Environment.TickCount64;
        using var openFiles = OpenFiles.RaiseLimit();
        OpenedFile.IgnoreSignals();
        request.PrepareUndo(operation, method);
        StagingArea.Clear(_paths);
        SharingWork.TellWhatWasKept(_paths, operation.Report);
        UnificationState.EnsureDirectory(_paths);
        using var scan = new TreeScan([.. request.VServers.Select(_paths.TreeOf)]);
        var freeBefore = BytesFree(scan);
        KnownFiles? read = null;
        var reading = BackgroundWork.Start(() => read = new KnownFiles(_paths));
        Scan(scan);
        request.Exclusions.Doubts(scan).ForEach(operation.Report.Warn);
        reading.Wait();
        var known = read!;
        _buckets = FindBuckets(scan);
        var work = new SharingWork(scan, known, method) { IsQuick = request.IsQuick, IsQuiet = IsQuiet(), Descriptors = new DescriptorBudget(request.Threads) };
        var verification = new Verification(work, request);
        long verified;
        var isDone = false;
        try
        {
            operation.Step(3, Steps, "Sharing what is equal");
            RememberImmutable();
            if (method == SharingMethod.Reflink)
            {
                new ReflinkPipeline(work, _buckets).Run(() => Watch(work));
            }
            else
            {
                ShareByLinks(work);
            }

            isDone = true;
        }
        finally
        {
            work.TellWhatIsLeft(request.VServers, operation.Report);

            // also of a run that was stopped: what it has found out is true, and what is shared is
            verified = verification.Run();
            Keep(known, work);

            if (!isDone && work.FilesChanged > 0)
            {
                Remember(scan, isPart: true);
            }
        }

        // who cancels it now comes too late
        operation.Report.Progress(4, Steps, $"Looked at {verified} changed files again");
        var summary = new ScanSummary(scan, request.VServers);
        Remember(scan);
        if (verification.Fault is { } fault)
        {
            throw fault;
        }

        if (request.IsEachFileTold)
        {
            FileReport.Tell(scan, request.VServers, operation.Report, "made to share");
        }

        return new UnificationOutcome
        {
            Method = method,
            FilesChanged = work.FilesChanged,
            FilesShared = summary.FilesShared,
            BytesSaved = work.BytesSaved,
            BytesFreeBefore = freeBefore,
            BytesFreeAfter = BytesFree(scan),
            Members = summary.Members,
            Skipped = summary.Skipped,
            Milliseconds = Environment.TickCount64 - started,
            FilesVerified = verified,
        };
    }

    // this operation holds their locks: none is started while it runs
    private bool IsQuiet()
    {
        var runs = new Lifecycle.RunStateStore(_paths);
        return !request.IsProtectionTested && !request.VServers.Any(v => runs.FindRunning(v) is not null);
    }

    /// <summary>Free bytes of the file system that the trees lie on.</summary>
    public static long BytesFree(TreeScan scan)
    {
        ErrnoException.ThrowIfFailed(Libc.fstatvfs(scan.Roots[0], out var stat), "fstatvfs", scan.Trees[0]);
        return (long)(stat.BlocksAvailable * stat.FragmentSize);
    }

    private void Scan(TreeScan scan)
    {
        operation.Step(1, Steps, "Looking at every file");
        var scanner = new TreeScanner(scan, request.Exclusions);
        scanner.Run(request.Threads, () =>
        {
            operation.Cancel.ThrowIfCancellationRequested();
            operation.Report.Progress(1, Steps, "Looking at every file", scanner.Seen, null, "files");
        });
    }

    private Buckets FindBuckets(TreeScan scan)
    {
        operation.Step(2, Steps, "Finding files that are alike");
        var call = operation.Call with { Report = operation.Report };
        var packages = new PackageFiles(call, isLocked: true, scan, request.VServers, request.Scope == UnificationScope.Package ? request.Packages : null).RequireSharers();
        foreach (var fault in packages.Faults)
        {
            operation.Report.Warn(fault);
        }

        _unread = packages.Unread;

        return new Buckets(scan, method != SharingMethod.Reflink, packages);
    }

    private void ShareByLinks(SharingWork work)
    {
        using var staging = new StagingArea(_paths, operation.Id, work.Descriptors.Threads);
        new LinkPipeline(work, _buckets, staging, request.Limits, work.Descriptors.Threads).Run(() => Watch(work));
    }

    private void Watch(SharingWork work)
    {
        if (operation.Cancel.IsCancellationRequested)
        {
            throw new CancelledPartlyException($"It was cancelled. {work.FilesChanged} files are shared by now, and stay so; all others are as they were.");
        }

        operation.Report.Progress(3, Steps, "Sharing what is equal", work.BytesDone, Total(work), "bytes");
    }

    private long Total(SharingWork work) => _total ??= _buckets.All.Sum(b => work.Scan.Files[_buckets.Rows[b.Start]].Size * b.Count);

    private void Keep(KnownFiles known, SharingWork work)
    {
        try
        {
            if (work.HasLearnt)
            {
                known.Save(work.Scan);
            }
        }
        catch (IOException e)
        {
            operation.Report.Warn($"What was found out about files could not be written down: the next run will read them again. {e.Message}");
        }
    }

    /// <summary>Who shares immutable files must be known before there is one, also if this is cut off.</summary>
    private void RememberImmutable()
    {
        var already = UnificationRequest.SharingImmutable(operation.Call);
        foreach (var name in method == SharingMethod.Immutable ? request.VServers.Except(already) : [])
        {
            Remember(name, 0, 0);
        }
    }

    private void Remember(TreeScan scan, bool isPart = false)
    {
        // a part is less than was shared with whom before, and drift is told from that
        isPart |= request.Packages.Count > 0;
        foreach (var (name, shared) in request.VServers.Zip(SharedTotals.Of(scan, method != SharingMethod.Reflink)))
        {
            if (!(isPart || _unread.Contains(name)) || UnificationState.Find(_paths, operation.Call.Registry, name) is not { FilesShared: > 0 } earlier || earlier.Method != method)
            {
                Remember(name, shared.Files, shared.Bytes);
            }
        }
    }

    private void Remember(VServerName name, long files, long bytes)
    {
        new UnificationState
        {
            At = operation.Call.Time.GetUtcNow(),
            With = [.. request.VServers.Where(v => v != name)],
            Reference = request.VServers[0],
            Method = method,
            Scope = request.Scope,
            Packages = request.Packages,
            Excluded = request.Exclusions.Excluded,
            Included = request.Exclusions.Included,
            FilesShared = files,
            BytesShared = bytes,
        }.Save(_paths, operation.Call.Registry, name);
    }
}
