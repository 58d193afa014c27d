using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Makes a tree like a reference: aside, then put in place at once.</summary>
internal sealed class VBuildHandler(Invocation call, string reference, string target, SharingMethod? asked, Exclusions exclusions)
{
    private const int Steps = 3;

    private string Parent => Path.GetDirectoryName(target) ?? "/";

    public OperationPlan Plan()
    {
        var findings = new BuildFindings();
        var choice = Check(findings);
        var size = findings.Problems.Count == 0 ? TreeMeasure.MeasureForCopy(reference, call.Cancel) : null;
        return new OperationPlan(
            [new PlanStep($"Making '{target}' like '{reference}'{(size is null ? "" : $" ({size.Entries} names, {ByteSize.Format(size.Bytes)})")}"), new PlanStep($"Sharing: {choice?.Reason}")],
            findings.Warnings,
            findings.Problems,
            BytesNeeded: null,
            BytesFree: Directory.Exists(Parent) ? SpaceGuard.FreeAt(Parent) : 0);
    }

    public void Run(Operation operation, bool tellsCounts)
    {
        operation.Step(1, Steps, "Checking what was asked for");
        var findings = new BuildFindings();
        var choice = Check(findings);
        findings.ThrowIfRefused();
        foreach (var warning in findings.Warnings)
        {
            operation.Report.Warn(warning);
        }

        var workshop = $"{Parent}/.building-{operation.Id}";
        operation.Undo.Before(new RemoveTree(workshop));
        if (choice!.Method == SharingMethod.Immutable)
        {
            operation.Undo.Before(new FreezeShared([reference]));
        }

        operation.Step(2, Steps, $"Copying '{reference}'");
        Directory.CreateDirectory(workshop, (UnixFileMode)0b111_000_000);
        var tree = workshop + "/root";
        FaultPoint.Reach();
        var counts = Copy(operation, tree, choice.Require());
        if (tellsCounts)
        {
            operation.Report.Info(counts);
        }

        operation.Step(3, Steps, "Putting it in place");
        using (var directory = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY))
        {
            ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", tree);
        }

        operation.Undo.Before(RemoveTreeIfSame.Of(tree, target));
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, tree, Libc.AT_FDCWD, target, Libc.RENAME_NOREPLACE), "renameat2", target);
        FaultPoint.Reach();
        TreeRemoval.Remove(workshop);
        FaultPoint.Reach();
        DurableFile.SyncDirectory(Parent);
    }

    /// <summary>Those that could change an immutable file which is thawed, and are kept from being started meanwhile.</summary>
    public IReadOnlyList<VServerName> Thawed() => asked != SharingMethod.Immutable
        ? []
        : [.. UnificationRequest.SharingImmutable(call).Union(call.Registry.Names().Where(v => call.Paths.TreeOf(v) == reference))];

    private SharingChoice? Check(BuildFindings findings)
    {
        if (!Directory.Exists(reference))
        {
            findings.Refuse(ProblemCode.NotFound, $"The reference '{reference}' is no directory.");
        }

        if (Libc.TryStatx(null, target, out _))
        {
            findings.Refuse(ProblemCode.AlreadyExists, $"'{target}' is there already.");
        }

        if (!Directory.Exists(Parent))
        {
            findings.Refuse(ProblemCode.NotFound, $"'{Parent}' is no directory, and '{target}' is to be made in it.");
            return null;
        }

        if (Parent == reference || Parent.StartsWith(reference + "/", StringComparison.Ordinal))
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"'{target}' lies in the reference itself.");
        }

        var choice = SharingMethods.ChooseFor(call.Paths, Parent, asked);
        if (choice.Method is null)
        {
            findings.Refuse(ProblemCode.Unsupported, choice.Reason);
        }

        if (choice.Method == SharingMethod.Immutable)
        {
            var runs = new Lifecycle.RunStateStore(call.Paths);
            foreach (var name in Thawed().Where(v => runs.FindRunning(v) is not null))
            {
                findings.Refuse(ProblemCode.AlreadyRunning, $"{name} is running, and may share the reference's immutable files. They are thawed for a moment while they get a further link, and nothing would protect them from it then. 'vserver {name} stop' first.");
            }

            findings.Warn("While an immutable file gets a further link it is not protected for a moment. Stop the vservers whose trees vbuild has made of this reference, too: it is not written down which they are.");
        }

        return choice;
    }

    private string Copy(Operation operation, string tree, SharingMethod method)
    {
        using var source = Libc.open(reference, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (method == SharingMethod.Reflink && Subvolume.TrySnapshot(source, tree))
        {
            FaultPoint.Reach();
            var cleaning = new SnapshotCleaning(CloneSource.GuestsOwn, operation.Cancel);
            cleaning.Run(tree);
            return $"{cleaning.Entries} names in a snapshot, all of their content is shared.";
        }

        Subvolume.MakeDirectory(tree, 0b111_101_101);
        FaultPoint.Reach();
        using SafeFileHandle into = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var copy = new TreeCopy(new SpaceGuard(tree), operation.Cancel)
        {
            ExcludedContent = CloneSource.GuestsOwn,
            Links = method == SharingMethod.Reflink ? null : new SharedFileLinks(method == SharingMethod.Immutable, exclusions),
            Progress = done => operation.Report.Write(new ProgressEvent(2, Steps, $"Copying '{reference}'", done, null, "names")),
        };
        copy.Copy(source, into);
        return $"{copy.Entries} names; {copy.HardLinked + copy.Reflinked} files are shared{(copy.Changed > 0 ? $"; {copy.Changed} changed or vanished while they were copied" : "")}.";
    }
}
