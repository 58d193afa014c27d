using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Whether files of a directory can share their content (ioctl_ficlone(2): xfs, btrfs, bcachefs).</summary>
internal static class Reflink
{
    /// <summary>Tries it with two files that have no name.</summary>
    public static bool IsSupportedAt(string directory)
    {
        try
        {
            using var from = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR, 0b110_000_000);
            using var to = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR, 0b110_000_000);
            try
            {
                RandomAccess.Write(from, new byte[4096], 0);
            }
            catch (IOException e) when (SpareRoom.IsFullDisk(e))
            {
                // who cannot share content says so of an empty file as well
            }

            return Libc.ioctl(to, Libc.FICLONE, from.DangerousGetHandle()) == 0;
        }
        catch (ErrnoException)
        {
            return false;
        }
    }
}
