using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>Files that are whole after a crash: the old content or the new.</summary>
internal static class DurableFile
{
    /// <summary>Writes to a temporary name, syncs, renames over, syncs the directory. Mode and owner of a file that is there are kept.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, uint modeIfNew)
    {
        var directory = Path.GetDirectoryName(path)!;
        var temporary = $"{directory}/.{Path.GetFileName(path)}.{Environment.ProcessId}.new";
        try
        {
            using (var fd = Libc.open(temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, modeIfNew))
            {
                var isThere = Libc.TryStatx(null, path, out var old);
                ErrnoException.ThrowIfFailed(Libc.fchmod(fd, isThere ? old.Mode & 0xfffu : modeIfNew), "fchmod", temporary);
                if (isThere && Libc.geteuid() == 0)
                {
                    ErrnoException.ThrowIfFailed(Libc.fchown(fd, old.Uid, old.Gid), "fchown", temporary);
                }

                RandomAccess.Write(fd, content, 0);
                ErrnoException.ThrowIfFailed(Libc.fsync(fd), "fsync", temporary);
            }

            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, temporary, Libc.AT_FDCWD, path, 0), "rename", path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncDirectory(directory);
    }

    /// <summary>Has a file keep room behind what is written to it, so that it finds some when the disk is full. Its size stays; where the file system cannot do that, nothing is kept.</summary>
    public static void KeepRoom(SafeFileHandle file, long offset, long length, string path)
    {
        int errno;
        do
        {
            errno = Libc.fallocate(file, Libc.FALLOC_FL_KEEP_SIZE, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (errno == ErrnoNames.EINTR);
        if (errno is not (0 or ErrnoNames.EOPNOTSUPP))
        {
            throw new ErrnoException(errno, "fallocate", path);
        }
    }

    /// <summary>Removes files that processes which have ended were writing under a name for the moment: <c>….PID.new</c> (also those of <see cref="Write"/>), <c>….PID</c>.</summary>
    public static void RemoveLeftOver(string directory, string pattern)
    {
        foreach (var path in Directory.EnumerateFiles(directory, pattern))
        {
            var parts = Path.GetFileName(path).Split('.');
            var pid = parts is [.., var last, "new"] ? last : parts[^1];
            if (int.TryParse(pid, System.Globalization.CultureInfo.InvariantCulture, out var id) && ProcessIdentity.StartOf(id) == 0)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Makes a directory for root alone, where there is none; its name is durable.</summary>
    public static void MakePrivateDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>Makes names in a directory durable: created, renamed, removed.</summary>
    public static void SyncDirectory(string directory)
    {
        using SafeFileHandle fd = Libc.open(directory, Libc.O_RDONLY | Libc.O_DIRECTORY);
        ErrnoException.ThrowIfFailed(Libc.fsync(fd), "fsync", directory);
    }
}
