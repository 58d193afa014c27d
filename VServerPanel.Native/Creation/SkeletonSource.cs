using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>The empty directories of a root (Filesystem Hierarchy Standard 3.0), to be filled by hand.</summary>
internal sealed class SkeletonSource(BuildRequest request) : TreeSource
{
    private static readonly (string Path, uint Mode)[] s_directories =
    [
        ("bin", 0b111_101_101), ("dev", 0b111_101_101), ("etc", 0b111_101_101), ("home", 0b111_101_101), ("lib", 0b111_101_101), ("mnt", 0b111_101_101), ("opt", 0b111_101_101),
        ("proc", 0b111_101_101), ("root", 0b111_000_000), ("run", 0b111_101_101), ("sbin", 0b111_101_101), ("srv", 0b111_101_101), ("sys", 0b111_101_101), ("tmp", 0b1_111_111_111),
        ("usr", 0b111_101_101), ("usr/bin", 0b111_101_101), ("usr/lib", 0b111_101_101), ("usr/sbin", 0b111_101_101), ("usr/share", 0b111_101_101),
        ("var", 0b111_101_101), ("var/cache", 0b111_101_101), ("var/lib", 0b111_101_101), ("var/log", 0b111_101_101), ("var/spool", 0b111_101_101), ("var/tmp", 0b1_111_111_111),
    ];

    public override PlanStep Step { get; } = new("Making the directories of an empty root");

    public override void Inspect(BuildFindings findings, CancellationToken cancel)
    {
        BytesNeeded = s_directories.Length * 4096;
        if (request.Source is { Length: > 0 })
        {
            findings.Refuse(ProblemCode.InvalidArgument, "A skeleton is made from nothing; leave out --source.");
        }

        findings.Warn("A skeleton is empty: it can be started when programs have been put into it.");
    }

    public override string Fill(BuildWork work)
    {
        using var tree = Libc.open(work.Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var (path, mode) in s_directories)
        {
            ErrnoException.ThrowIfFailed(Libc.mkdirat(tree, path, mode), "mkdirat", path);
            ErrnoException.ThrowIfFailed(Libc.fchmodat(tree, path, mode, 0), "fchmodat", path);
        }

        return "";
    }
}
