using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>A copy of another vserver, or of the host itself.</summary>
internal sealed class CloneSource(BuildRequest request, Invocation call) : TreeSource
{
    private const string Host = "/";

    // what is the running machine's, or the vservers' own
    private static readonly string[] s_hostsOwn = ["dev", "proc", "run", "sys", "tmp", "mnt", "media", "lost+found", "var/tmp", "var/cache/apt/archives", "var/lib/vservers", "var/log/vservers", "etc/vservers", "vservers"];

    // of a vserver: what is made at each start
    private static readonly string[] s_guestsOwn = ["dev", "proc", "sys", "run"];

    // parts of a system that often have a file system of their own
    private static readonly string[] s_hostsMounts = ["usr", "var", "home", "opt", "srv", "usr/local", "var/lib", "var/log"];

    private TreeSize? _size;

    public override PlanStep Step => new($"Copying {(IsHost ? "this host" : request.Source)}{(_size is null ? "" : $" ({ByteSize.Format(_size.Bytes)}, {(_size.Entries > 0 ? $"{_size.Entries} names" : "its root file system")})")}");

    public override VServerName? Locked => Source;

    public override bool IsCopy => true;

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

        _size = IsHost ? HostSize() : TreeMeasure.Measure(Tree, cancel);
        BytesNeeded = CanReflink() ? _size.Entries * 512 : _size.Bytes;
    }

    public override string Fill(BuildWork work)
    {
        using var source = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        using var target = Libc.open(work.Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var copy = new TreeCopy(new SpaceGuard(work.Tree), work.Cancel)
        {
            ExcludedContent = IsHost ? HostExclusions() : s_guestsOwn.ToHashSet(),
            EnteredMounts = IsHost ? s_hostsMounts.ToHashSet() : new HashSet<string>(),
            Progress = done => work.Progress(done, _size is { Entries: > 0 } size ? size.Entries : null, "names"),
        };
        copy.Copy(source, target);
        work.Report.Info($"{copy.Entries} names copied; {(copy.Reflinked > 0 ? $"the content of {copy.Reflinked} files is shared with the source until one of both changes it" : "this file system cannot share content (no reflink), so all of it was copied")}.");
        if (copy.Changed > 0)
        {
            work.Report.Warn($"{copy.Changed} files changed or vanished while they were copied.");
        }

        if (copy.LeftOut > 0)
        {
            work.Report.Info($"{copy.LeftOut} device nodes were left out: a vserver's /dev is made at its start.");
        }

        return "";
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
