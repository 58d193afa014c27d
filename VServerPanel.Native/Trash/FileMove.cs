using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>Moves a file by a rename; between file systems (/etc, /var/lib and /var/log may each be one of its own) by a copy that is on disk before the file is removed.
/// A crash in between leaves both, alike.</summary>
internal static class FileMove
{
    /// <summary>Moves it. A target that is there fails it.</summary>
    public static void Do(string from, string to)
    {
        if (Rename(from, to) is not { } refused)
        {
            return;
        }

        if (refused.Errno != ErrnoNames.EXDEV || KindOf(from) is not (Libc.S_IFREG or Libc.S_IFLNK))
        {
            throw refused;
        }

        Copy(from, to);
        FaultPoint.Reach();
        File.Delete(from);
        DurableFile.SyncDirectory(Path.GetDirectoryName(from)!);
    }

    /// <summary>Takes a move back that may have got anywhere.</summary>
    /// <param name="origin">Where it was.</param>
    /// <param name="target">Where it was to go.</param>
    /// <param name="isTargetOurs">Whether nobody else puts anything there: what is there was moved there.</param>
    /// <exception cref="ProblemException">Conflict: something else is at its old place by now.</exception>
    public static void TakeBack(string origin, string target, bool isTargetOurs)
    {
        if (!Libc.TryStatx(null, target, out _))
        {
            return;
        }

        if (!Libc.TryStatx(null, origin, out _))
        {
            Do(target, origin);
            DurableFile.SyncDirectory(Path.GetDirectoryName(origin)!);
        }
        else if (AreAlike(origin, target))
        {
            // a copy whose original had not been removed
            File.Delete(target);
            DurableFile.SyncDirectory(Path.GetDirectoryName(target)!);
        }
        else if (isTargetOurs)
        {
            throw new ProblemException(ProblemCode.Conflict, $"'{origin}' is in the way of what is put back there from '{target}'. Move it away; then 'vserver-jobs recover' puts it back.", path: origin);
        }
    }

    private static ErrnoException? Rename(string from, string to) =>
        Libc.renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, Libc.RENAME_NOREPLACE) == 0 ? null : ErrnoException.Last("renameat2", from);

    private static void Copy(string from, string to)
    {
        var directory = Path.GetDirectoryName(to)!;
        var temporary = $"{directory}/.{Path.GetFileName(to)}.{Environment.ProcessId}.new";
        File.Delete(temporary);
        try
        {
            if (KindOf(from) == Libc.S_IFLNK)
            {
                File.CreateSymbolicLink(temporary, new FileInfo(from).LinkTarget!);
            }
            else
            {
                CopyContent(from, temporary);
            }

            if (Rename(temporary, to) is { } refused)
            {
                throw refused;
            }
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        DurableFile.SyncDirectory(directory);
    }

    private static void CopyContent(string from, string to)
    {
        using var source = Libc.open(from, Libc.O_RDONLY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(source);
        using var target = Libc.open(to, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0b110_000_000);
        var (buffer, at) = (new byte[64 << 10], 0L);
        while (RandomAccess.Read(source, buffer, at) is > 0 and var read)
        {
            RandomAccess.Write(target, buffer.AsSpan(0, read), at);
            at += read;
        }

        if (Libc.geteuid() == 0)
        {
            ErrnoException.ThrowIfFailed(Libc.fchown(target, stat.Uid, stat.Gid), "fchown", to);
        }

        ErrnoException.ThrowIfFailed(Libc.fchmod(target, stat.Mode & 0xfffu), "fchmod", to);
        ErrnoException.ThrowIfFailed(Libc.fsync(target), "fsync", to);
    }

    private static bool AreAlike(string one, string other) => (KindOf(one), KindOf(other)) switch
    {
        (Libc.S_IFREG, Libc.S_IFREG) => File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other)),
        (Libc.S_IFLNK, Libc.S_IFLNK) => new FileInfo(one).LinkTarget == new FileInfo(other).LinkTarget,
        _ => false,
    };

    private static int KindOf(string path) => Libc.statx(null, path).Mode & Libc.S_IFMT;
}
