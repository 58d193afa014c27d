using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Gives vservers files of their own again for those that they share, as far as they fit on the disk.</summary>
internal sealed class Separation(Operation operation, UnificationRequest request)
{
    private const int Steps = 3;
    private const long MostFreshBytes = 256L << 20;
    private const int MostFreshFiles = 8192;

    // of those that are shared; all others are own files already
    private static readonly string[] s_failures = [.. new[] { SkipReason.BeingWritten, SkipReason.Changed, SkipReason.Unreadable, SkipReason.SpecialFlags, SkipReason.Capabilities, SkipReason.Attributes }.Select(Eligibility.CodeOf)];

    private IReadOnlyList<int> _shared = [];
    private int[] _rows = [];

    public UnificationOutcome Run()
    {
        var started = Environment.TickCount64;
        using var openFiles = OpenFiles.RaiseLimit();
        OpenedFile.IgnoreSignals();
        request.PrepareUndo(operation);
        StagingArea.Clear(operation.Paths);
        SharingWork.TellWhatWasKept(operation.Paths, operation.Report);
        UnificationState.EnsureDirectory(operation.Paths);
        using var scan = new TreeScan([.. request.VServers.Select(operation.Paths.TreeOf)]);
        var freeBefore = UnificationRun.BytesFree(scan);
        operation.Step(1, Steps, "Looking for shared files");
        new TreeScanner(scan, request.KeptShared).Run(request.Threads, operation.Cancel.ThrowIfCancellationRequested);
        request.KeptShared.Doubts(scan).ForEach(operation.Report.Warn);
        var shared = SharedFiles.Find(operation.Call with { Report = operation.Report }, isLocked: true, scan, request);
        (_rows, _shared) = (shared.Rows, shared.Shared);
        var needed = shared.Bytes;
        if (shared.Fault(freeBefore) is { } lack)
        {
            throw lack;
        }

        operation.Step(2, Steps, $"Copying {_shared.Count} files ({ByteSize.Format(needed)})");
        var work = new SharingWork(scan, new KnownFiles(operation.Paths), SharingMethod.HardLink) { Descriptors = new DescriptorBudget(request.Threads) };
        var verification = new Verification(work, request with { IsVerified = false });
        long verified;
        try
        {
            Separate(work);
        }
        finally
        {
            work.TellWhatIsLeft(request.VServers, operation.Report);
            verified = verification.Run();
        }

        if (verification.Fault is { } fault)
        {
            throw fault;
        }

        // who cancels it now comes too late
        operation.Report.Progress(3, Steps, $"Looked at {verified} changed files again");
        if (request.IsEachFileTold)
        {
            FileReport.TellSeparated(scan, _shared.Select(s => _rows[s]), request.VServers, operation.Report);
        }

        var summary = new ScanSummary(scan, request.VServers);
        IReadOnlyList<SkippedFiles> left = [.. summary.Skipped.Where(k => s_failures.Contains(k.Reason))];

        // who shares an immutable file still must be known to: it is thawed at times
        foreach (var name in request.IsOfAll && left.Count == 0 ? request.VServers : [])
        {
            UnificationState.Remove(operation.Paths, operation.Call.Registry, name);
        }

        return new UnificationOutcome
        {
            Method = null,
            FilesChanged = work.FilesChanged,
            FilesShared = 0,
            BytesSaved = work.BytesSaved,
            BytesFreeBefore = freeBefore,
            BytesFreeAfter = UnificationRun.BytesFree(scan),
            Members = summary.Members,
            Skipped = left,
            Milliseconds = Environment.TickCount64 - started,
            FilesVerified = verified,
        };
    }

    private void Separate(SharingWork work)
    {
        using var staging = new StagingArea(operation.Paths, operation.Id, request.Threads);
        var times = new DirectoryTimes();
        for (var from = 0; from < _shared.Count;)
        {
            var to = from;
            for (long bytes = 0; to < _shared.Count && to - from < MostFreshFiles && (to == from || bytes < MostFreshBytes); to++)
            {
                bytes += work.Scan.Files[_rows[_shared[to]]].Bytes;
            }

            var pending = Copy(work, staging, from, to);
            staging.Sync();

            // one thread does all names of an inode: an immutable one is thawed for them
            var inodes = Enumerable.Range(0, pending.Count).Where(i => IsFirst(work, pending, i)).Append(pending.Count).ToList();
            var (next, first) = (-1, from);
            ParallelWork.Run(request.Threads, (thread, stop) =>
            {
                using var directories = new DirectoryDescriptors(work.Scan);
                using var replacer = new LinkReplacer(work, staging, thread, times, directories) { IsSeparating = true, FirstNumber = first };
                for (int i; !stop() && (i = Interlocked.Increment(ref next)) < inodes.Count - 1;)
                {
                    for (var j = inodes[i]; j < inodes[i + 1]; j++)
                    {
                        replacer.Replace(pending[j]);
                    }
                }

                replacer.Flush();
            }, () => Watch(work));
            from = to;
        }
    }

    private unsafe List<PendingClass> Copy(SharingWork work, StagingArea staging, int from, int to)
    {
        var pending = new List<PendingClass>();
        var (next, device) = (from - 1, staging.Device);
        ParallelWork.Run(request.Threads, (thread, stop) =>
        {
            using var directories = new DirectoryDescriptors(work.Scan);
            using var attributes = new ExtendedAttributes(work.Attributes);
            using var fresh = new FreshFile(attributes);
            using var rewriter = new BlockRewriter();
            for (int i; !stop() && (i = Interlocked.Increment(ref next)) < to;)
            {
                ref var row = ref work.Scan.Files[_rows[_shared[i]]];
                if (work.Scan.Devices[row.Device] != device || row.Has(FileMarks.Touched))
                {
                    var left = rewriter.Rewrite(directories[row.Directory], work.Scan.Names[row.Name], row, stop);
                    work.Conclude(_rows.AsSpan(_shared[i], 1), left);
                    if (left == SkipReason.None)
                    {
                        work.Changed(-row.Bytes);
                    }

                    continue;
                }

                var fd = OpenedFile.Open(directories[row.Directory], work.Scan.Names[row.Name], row, withLease: true, out var stat, out var reason, isProtected: row.Links > 1);
                if (fd < 0)
                {
                    work.Conclude(_rows.AsSpan(_shared[i], 1), reason);
                    continue;
                }

                try
                {
                    var name = new StagedName('s', i);
                    fixed (byte* staged = name)
                    {
                        if (fresh.Make(staging[thread], staged, fd, stat, isShared: null, goesOn: () => !stop() && OpenedFile.IsUndisturbed(fd)) is not { } inode)
                        {
                            work.Conclude(_rows.AsSpan(_shared[i], 1), SkipReason.Changed);
                            continue;
                        }

                        lock (pending)
                        {
                            pending.Add(new PendingClass(thread, i, inode, attributes.NumberOf(fd, out _), IsFresh: true, [_rows[_shared[i]]], []));
                        }
                    }
                }
                finally
                {
                    _ = Libc.close(fd);
                }
            }
        }, () => Watch(work));
        pending.Sort((a, b) => a.Number.CompareTo(b.Number));
        return pending;
    }

    private void Watch(SharingWork work)
    {
        if (operation.Cancel.IsCancellationRequested)
        {
            throw new CancelledPartlyException($"It was cancelled. {work.FilesChanged} files have content of their own by now; all others are shared as they were.");
        }

        operation.Report.Progress(2, Steps, "Copying", work.FilesChanged, _shared.Count, "files");
    }

    /// <summary>Whether it is the first of its inode.</summary>
    private static bool IsFirst(SharingWork work, List<PendingClass> pending, int index) =>
        index == 0 || work.Scan.Files[pending[index - 1].Rows[0]].Inode != work.Scan.Files[pending[index].Rows[0]].Inode;
}
