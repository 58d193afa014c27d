using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Telling the kernel what will be read soon, so that the disk has many requests to answer at once.</summary>
internal static class FileReading
{
    /// <summary>Bytes of one announcement: the kernel takes no more than its readahead, or what the disk takes at once, and drops the rest in silence. This is the least that is common.</summary>
    public const long OfCall = 128 << 10;

    /// <summary>Has it read into memory in the background (posix_fadvise(2), POSIX_FADV_WILLNEED).</summary>
    /// <param name="fd">Open for reading.</param>
    /// <param name="at">From there, in bytes.</param>
    /// <param name="length">So many bytes; none if it is not above 0.</param>
    public static void Announce(int fd, long at, long length)
    {
        for (var done = 0L; done < length; done += OfCall)
        {
            _ = Libc.posix_fadvise(fd, at + done, Math.Min(OfCall, length - done), Libc.POSIX_FADV_WILLNEED);
        }
    }
}
