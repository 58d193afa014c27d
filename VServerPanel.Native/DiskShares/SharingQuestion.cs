using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary>Why a file of a vserver is shared, or is not.</summary>
internal sealed class SharingQuestion(Invocation call, VServerName name)
{
    private readonly string _tree = call.Paths.TreeOf(name);

    /// <param name="path">Inside the vserver; symlinks in it are the guest's, and lead nowhere outside.</param>
    /// <exception cref="ProblemException">NotFound; InvalidArgument: it is no file.</exception>
    public SharingAnswer Answer(string path)
    {
        using var root = Libc.open(_tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var (found, stat) = Locate(root, path);
        using var file = Libc.openInRoot(root, found, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        var package = PackageOf(root, found, out var saysPackage);
        var like = OthersAt(found, file, stat);
        if (like.Where(o => o.IsShared).Select(o => o.Name).ToList() is { Count: > 0 } shared)
        {
            return !like.Exists(o => o.IsSameInode) ? new SharingAnswer(name, found, true, "shared", "Its blocks are shared until one of the vservers writes to it.", package, shared)
                : IsProtected(file, stat) ? new SharingAnswer(name, found, true, "shared", "It is one file with several names, which no vserver can change and each can replace.", package, shared)
                : new SharingAnswer(name, found, true, "unprotected", $"It is one file with several names that nothing protects, so that whoever changes it changes it for all: not made by a unification. 'vserver {name} unify' makes it safe.", package, shared);
        }

        var reason = Exclusions.Default.IsExcluded(found) ? SkipReason.ExcludedDirectory : Eligibility.OfFile(stat, Libc.fstatx(root).MountId);
        reason = reason == SkipReason.None ? saysPackage : reason;
        if (reason != SkipReason.None)
        {
            return Refused(reason);
        }

        var choice = SharingMethods.ChooseFor(call.Paths, call.Paths.VServers);
        var isByLinks = choice.Method != SharingMethod.Reflink;
        if (isByLinks ? stat.LinkCount > 1 : IsInline(file, stat))
        {
            return Refused(isByLinks ? SkipReason.HardLinked : SkipReason.Inline);
        }

        if (like.Where(o => o.IsEqual && (o.HasSameTime || !isByLinks)).Select(o => o.Name).ToList() is { Count: > 0 } equal)
        {
            return new SharingAnswer(name, found, false, "not-unified", $"{string.Join(", ", equal)} {(equal.Count == 1 ? "has" : "have")} the same. {(choice.Method is null ? choice.Reason : $"'vserver {name} unify' shares it.")}", package);
        }

        return Refused(!like.Exists(o => o.HasSameTime || !isByLinks) ? SkipReason.Alone : like.Exists(o => o.HasSameAttributes && (o.HasSameTime || !isByLinks)) ? SkipReason.Differs : SkipReason.Attributes);

        SharingAnswer Refused(SkipReason why) => new(name, found, false, Eligibility.CodeOf(why), Eligibility.Explain(why), package);
    }

    private static bool IsProtected(SafeFileHandle file, in Libc.Statx stat)
    {
        var fd = (int)file.DangerousGetHandle();
        return SharedMark.IsOn(fd, stat, isImmutable: false) || (SharedMark.IsOn(fd, stat, isImmutable: true) && (stat.Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0);
    }

    private static bool IsInline(SafeFileHandle file, in Libc.Statx stat)
    {
        using var blocks = new BlockMap();
        _ = blocks.HashOf((int)file.DangerousGetHandle(), (long)stat.Size, out _, out var isInline);
        return isInline;
    }

    private (string Path, Libc.Statx Stat) Locate(SafeFileHandle root, string path)
    {
        try
        {
            using var place = Libc.openInRoot(root, path.TrimStart('/') is { Length: > 0 } inside ? inside : ".", Libc.O_PATH);
            var stat = Libc.fstatx(place);
            var real = new FileInfo($"/proc/self/fd/{(int)place.DangerousGetHandle()}").LinkTarget ?? "";
            var top = new FileInfo($"/proc/self/fd/{(int)root.DangerousGetHandle()}").LinkTarget + "/";
            return (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG && real.StartsWith(top, StringComparison.Ordinal)
                ? (real[top.Length..], stat)
                : throw new ProblemException(ProblemCode.InvalidArgument, $"'{path}' is no file in {name}: only files are shared.");
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.ENAMETOOLONG)
        {
            throw new ProblemException(ProblemCode.NotFound, $"{name} has no file '{path}'.", e, path);
        }
    }

    private string? PackageOf(SafeFileHandle root, string path, out SkipReason reason)
    {
        reason = SkipReason.None;
        try
        {
            using var database = PackageDatabases.OpenWithoutStart(call, name, root);
            foreach (var package in database?.RequireWhole().Packages ?? [])
            {
                foreach (var file in database!.FilesOf(package).Where(f => f.Path == path))
                {
                    reason = file.IsConfiguration ? SkipReason.Configuration : SkipReason.None;
                    return $"{package.Name} {package.Version}";
                }
            }

            return null;
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            call.Report.Warn($"The packages of {name} could not be read. {ProblemException.ToEvent(e).Message}");
            reason = SkipReason.PackagesUnread;
            return null;
        }
    }

    /// <summary>Files of the same path and size in other vservers.</summary>
    private List<LikeFile> OthersAt(string path, SafeFileHandle file, Libc.Statx stat)
    {
        var like = new List<LikeFile>();
        foreach (var other in call.Registry.Names().Where(n => n != name && Directory.Exists(call.Paths.TreeOf(n))))
        {
            try
            {
                using var root = Libc.open(call.Paths.TreeOf(other), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                using var there = Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
                var found = Libc.fstatx(there);
                if ((found.Mode & Libc.S_IFMT) == Libc.S_IFREG && found.Size == stat.Size)
                {
                    like.Add(LikeFile.Compare(other.Value, file, stat, there, found));
                }
            }
            catch (ErrnoException)
            {
                // it has none there, or not one that can be opened
            }
        }

        return like;
    }
}

/// <summary>A file of another vserver that may be the same.</summary>
internal sealed record LikeFile(string Name, bool IsShared, bool HasSameAttributes, bool IsEqual)
{
    /// <summary>Whether it is one file with two names.</summary>
    public required bool IsSameInode { get; init; }

    /// <summary>Whether it was changed last at the same time, as those of one inode must have been.</summary>
    public required bool HasSameTime { get; init; }

    private const int Piece = 1 << 18;

    public static LikeFile Compare(string name, SafeFileHandle one, in Libc.Statx a, SafeFileHandle other, in Libc.Statx b)
    {
        var sets = new AttributeSets();
        var isSameInode = a.Inode == b.Inode && a.DevMajor == b.DevMajor && a.DevMinor == b.DevMinor;
        var isShared = isSameInode || FirstShared(one) is { } place && place == FirstShared(other);
        var isAlike = a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid && AttributesOf(one) == AttributesOf(other);
        return new LikeFile(name, isShared, isAlike, isAlike && !isShared && HaveSameContent(one, other))
        {
            IsSameInode = isSameInode,
            HasSameTime = a.Modify.Seconds == b.Modify.Seconds && a.Modify.Nanoseconds == b.Modify.Nanoseconds,
        };

        ulong AttributesOf(SafeFileHandle file)
        {
            using var attributes = new ExtendedAttributes(sets);
            return attributes.NumberOf((int)file.DangerousGetHandle(), out _);
        }
    }

    // where the first of its blocks lies that others use as well
    private static unsafe ulong? FirstShared(SafeFileHandle file)
    {
        using var extents = new ExtentReader();
        extents.Begin();
        while (extents.Next((int)file.DangerousGetHandle()) is var extent && extent is not null)
        {
            if ((extent->Flags & Libc.FIEMAP_EXTENT_SHARED) != 0)
            {
                return extent->Physical;
            }
        }

        return null;
    }

    private static bool HaveSameContent(SafeFileHandle one, SafeFileHandle other)
    {
        var (left, right) = (new byte[Piece], new byte[Piece]);
        for (long at = 0; ; at += Piece)
        {
            var read = RandomAccess.Read(one, left, at);
            if (RandomAccess.Read(other, right, at) != read || !left.AsSpan(0, read).SequenceEqual(right.AsSpan(0, read)))
            {
                return false;
            }

            if (read < Piece)
            {
                return true;
            }
        }
    }
}
