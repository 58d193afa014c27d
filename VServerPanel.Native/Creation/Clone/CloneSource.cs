using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>A copy of another vserver, or of the host itself.</summary>
internal sealed class CloneSource(BuildRequest request, Invocation call) : TreeSource
{
    private const string Host = "/";

    // what is the running machine's, or the vservers' own
    private static readonly string[] s_hostsOwn = ["dev", "proc", "run", "sys", "tmp", "mnt", "media", "lost+found", "var/tmp", "var/cache/apt/archives", "var/lib/vservers", "var/log/vservers", "etc/vservers", "vservers"];

    // of a vserver: what is made at each start
    internal static readonly IReadOnlySet<string> GuestsOwn = new HashSet<string>(StringComparer.Ordinal) { "dev", "proc", "sys", "run" };

    // parts of a system that often have a file system of their own
    private static readonly string[] s_hostsMounts = ["usr", "var", "home", "opt", "srv", "usr/local", "var/lib", "var/log"];

    private TreeSize? _size;
    private SharedFileLinks? _links;
    private bool _isSnapshot;
    private bool _isUnifiedAfterwards;

    public override PlanStep Step => new($"Copying {(IsHost ? "this host" : request.Source)}{(_size is null ? "" : $" ({ByteSize.Format(_size.Bytes)}, {(_size.Entries > 0 ? $"{_size.Entries} names" : "its root file system")})")}");

    public override VServerName? Locked => Source;

    public override bool IsCopy => true;

    public override VServerName? UnifiedAfterwards => _isUnifiedAfterwards ? Source : null;

    private bool IsHost => request.Source == Host;

    private VServerName? Source => VServerName.TryParse(request.Source, out var name) ? name : null;

    private string Tree => IsHost ? Host : call.Paths.TreeOf(Source!.Value);

    public override void Inspect(BuildFindings findings, CancellationToken cancel)
    {
        if (IsHost)
        {
            if (CallerActor.IsPanel(call.Actor))
            {
                findings.Refuse(ProblemCode.NotPermitted, "The host itself cannot be cloned from the panel: its keys and passwords are in it. Root can do it on the command line.");
                return;
            }

            findings.Warn("A copy of this host has its passwords, keys and certificates, and starts all its services. Clean it before you let others in.");
        }
        else if (Source is not { } source)
        {
            findings.Refuse(ProblemCode.InvalidArgument, request.Source is { Length: > 0 } given ? $"'{given}' is no vserver to clone. Give a vserver's name, or / for this host." : "Say which vserver: --source NAME (or / for this host).");
            return;
        }
        else if (!call.Registry.Exists(source) || !Directory.Exists(Tree))
        {
            findings.Refuse(ProblemCode.NotFound, $"There is no vserver {source} to clone. 'vserver-stat' lists those there are.");
            return;
        }
        else if (new RunStateStore(call.Paths).FindRunning(source) is not null)
        {
            findings.Warn($"{source} is running: files that are being written may be caught half-way, a database's among them. Stop it first if that matters.");
        }

        if (request.IsUnified && !IsHost)
        {
            ChooseSharing(findings);
        }

        // measuring would take longer than a copy that copies nothing
        var isCheap = _links is not null || CanReflink();
        _size = IsHost ? HostSize() : !isCheap || call.Options.Plan ? TreeMeasure.MeasureForCopy(Tree, cancel) : null;
        BytesNeeded = isCheap ? _size?.Entries * 512 : _size!.Bytes;
    }

    public override void MakeRoot(string tree)
    {
        if (!IsHost)
        {
            using var source = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            _isSnapshot = Subvolume.TrySnapshot(source, tree);
        }

        if (!_isSnapshot)
        {
            base.MakeRoot(tree);
        }
    }

    public override string Fill(BuildWork work)
    {
        if (_isSnapshot)
        {
            var cleaning = new SnapshotCleaning(GuestsOwn, work.Cancel);
            cleaning.Run(work.Tree);
            work.Report.Info($"A snapshot of {cleaning.Entries} names: all content is shared with the source until one of both changes it.");
            TellLeftOut(work, cleaning.LeftOut);
            return "";
        }

        using var source = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        using var target = Libc.open(work.Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var copy = new TreeCopy(new SpaceGuard(work.Tree), work.Cancel)
        {
            ExcludedContent = IsHost ? HostExclusions() : GuestsOwn,
            EnteredMounts = IsHost ? s_hostsMounts.ToHashSet() : new HashSet<string>(),
            Links = _links,
            Progress = done => work.Progress(done, _size is { Entries: > 0 } size ? size.Entries : null, "names"),
        };
        copy.Copy(source, target);
        work.Report.Info($"{copy.Entries} names copied; {(copy.HardLinked > 0 ? $"{copy.HardLinked} files are shared with the source and those it shares them with" : copy.Reflinked > 0 ? $"the content of {copy.Reflinked} files is shared with the source until one of both changes it" : "this file system cannot share content (no reflink), so all of it was copied")}.");
        if (_links is not null && copy.HardLinked == 0)
        {
            work.Report.Info($"{request.Source} has no files yet that were made to be shared, so all were copied. They are unified now; the next clone of {request.Source} shares them at once.");
            _isUnifiedAfterwards = true;
        }

        if (copy.Changed > 0)
        {
            work.Report.Warn($"{copy.Changed} files changed or vanished while they were copied.");
        }

        TellLeftOut(work, copy.LeftOut);
        return "";
    }

    private static void TellLeftOut(BuildWork work, long nodes)
    {
        if (nodes > 0)
        {
            work.Report.Info($"{nodes} device nodes were left out: a vserver's /dev is made at its start.");
        }
    }

    private void ChooseSharing(BuildFindings findings)
    {
        var choice = SharingMethods.ChooseFor(call.Paths, call.Paths.VServers);
        if (choice.Method == SharingMethod.HardLink)
        {
            _links = new SharedFileLinks(isImmutable: false, Exclusions.Default);
        }
        else if (choice.Method is null && request.IsUnifiedByDefault)
        {
            findings.Warn($"It shares no files, and is a full copy. {choice.Reason}");
        }
        else if (choice.Method is null)
        {
            findings.Refuse(ProblemCode.Unsupported, $"{choice.Reason} Without --unify it is made as a full copy.");
        }
    }

    private HashSet<string> HostExclusions()
    {
        var paths = call.Paths;
        string[] ours = [paths.VServers, paths.Configuration, paths.State, paths.Run, paths.Log, .. paths.Prefix.Length > 0 ? [paths.Prefix] : Array.Empty<string>()];
        return [.. s_hostsOwn, .. ours.Select(p => p.TrimStart('/'))];
    }

    // the root file system as df has it: measuring would take as long as copying
    private static TreeSize HostSize()
    {
        var drive = new DriveInfo(Host);
        var used = drive.TotalSize - drive.TotalFreeSpace;
        return new TreeSize(used, used, 0);
    }

    private bool CanReflink()
    {
        using var source = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var target = Libc.open(call.Paths.VServers, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var (from, to) = (Libc.fstatx(source), Libc.fstatx(target));
        return from.DevMajor == to.DevMajor && from.DevMinor == to.DevMinor && Reflink.IsSupportedAt(call.Paths.VServers);
    }
}
