using System.Collections.Concurrent;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What the threads of one run have in common.</summary>
internal sealed class SharingWork(TreeScan scan, KnownFiles known, SharingMethod method)
{
    private long _files;
    private long _bytes;
    private long _changed;
    private long _saved;
    private int _learnt;

    public TreeScan Scan => scan;

    public KnownFiles Known => known;

    public SharingMethod Method => method;

    public bool IsImmutable => method == SharingMethod.Immutable;

    /// <summary>Whether files of the same package, path and attributes are taken for equal without reading them.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether none of the vservers runs, nor can be started meanwhile: files may be kept from changing for longer than a moment.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Sets of extended attributes that were met.</summary>
    public AttributeSets Attributes { get; } = new();

    /// <summary>How many files its threads may have open.</summary>
    public required DescriptorBudget Descriptors { get; init; }

    /// <summary>Members' files that could not go back to their places.</summary>
    public ConcurrentQueue<KeptFile> Kept { get; } = new();

    /// <summary>Inodes that came to share their blocks.</summary>
    public InodeSet Met { get; } = new();

    /// <summary>Whether a file could not be shared because the disk is full.</summary>
    public bool HasNoRoom { get; set; }

    /// <summary>Files that are done with, and bytes of them.</summary>
    public long FilesDone => Volatile.Read(ref _files);

    public long BytesDone => Volatile.Read(ref _bytes);

    public long FilesChanged => Volatile.Read(ref _changed);

    public long BytesSaved => Volatile.Read(ref _saved);

    /// <summary>Whether anything was found out that was not known.</summary>
    public bool HasLearnt => Volatile.Read(ref _learnt) != 0;

    /// <summary>Says which files could not go back to their places, and where they are now; and that the disk had no room.</summary>
    /// <param name="names">The vservers of the trees.</param>
    /// <param name="report">Who is told.</param>
    public void TellWhatIsLeft(IReadOnlyList<VServerName> names, IReporter report)
    {
        foreach (var kept in Kept)
        {
            var row = scan.Files[kept.Index];
            report.Warn(ReporterExtensions.Printable($"{names[scan.TreeOf(row)]}: /{scan.PathOf(row)} was changed while it was replaced, and what was put there could not go back ({ErrnoNames.NameOf(kept.Errno)}). It is kept as {kept.Path}."));
        }

        foreach (var tree in Kept.Select(k => scan.TreeOf(scan.Files[k.Index])).Distinct())
        {
            report.Warn($"To have them back: 'vserver {names[tree]} stop'{(IsImmutable ? $", 'vserver {names[tree]} deunify'" : "")}, compare each with what lies in its place, follow no symlink in that tree, and move it there. Remove its directory in /vservers/.unify when none is left in it.");
        }

        if (HasNoRoom)
        {
            report.Warn("The disk had no room to note that blocks are shared: some files were left as they are. What is shared by now made room; run it again.");
        }
    }

    /// <summary>Reminds of what earlier runs have kept.</summary>
    public static void TellWhatWasKept(HostPaths paths, IReporter report)
    {
        foreach (var directory in StagingArea.KeptBefore(paths))
        {
            report.Warn($"An earlier run kept files in '{directory}' that could not go back to their places; 'vserver-jobs show {Path.GetFileName(directory)}' says which, as long as it is on record. Move them there, and remove the directory.");
        }
    }

    public void Done(int files, long bytes)
    {
        Interlocked.Add(ref _files, files);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Changed(long saved)
    {
        Interlocked.Increment(ref _changed);
        Interlocked.Add(ref _saved, saved);
    }

    /// <summary>A new inode takes room, too.</summary>
    public void Made(long bytes) => Interlocked.Add(ref _saved, -bytes);

    public void Learnt() => Volatile.Write(ref _learnt, 1);

    /// <summary>As <see cref="KnownFiles.Recall(TreeScan, ReadOnlySpan{int})"/>.</summary>
    public bool Recall(ReadOnlySpan<int> rows) => known.Recall(scan, rows);

    /// <inheritdoc cref="TreeScan.Conclude"/>
    public void Conclude(ReadOnlySpan<int> rows, SkipReason reason) => scan.Conclude(rows, reason);

    /// <summary>Notes of files that they have been compared.</summary>
    public void Note(ReadOnlySpan<int> rows, uint group, uint contentClass)
    {
        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];
            (row.Group, row.Class) = (group, contentClass);
            row.Marks |= FileMarks.Known;
        }

        Learnt();
    }

    /// <summary>Forgets what was known of files: they were not compared, or could not be replaced.</summary>
    public void Forget(ReadOnlySpan<int> rows)
    {
        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];

            // its class stays: who shares with whom is counted by it
            row.Group = 0;
            row.Marks &= ~FileMarks.Known;
        }
    }

    /// <summary>Says why files are left as they are, and forgets what was known of them.</summary>
    public void Refuse(ReadOnlySpan<int> rows, SkipReason reason)
    {
        Conclude(rows, reason);
        Forget(rows);
    }
}
