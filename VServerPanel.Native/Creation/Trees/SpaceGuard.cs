using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>Stops whoever fills a disk before it is full: an archive may hold more than its size tells.</summary>
internal sealed class SpaceGuard
{
    private const long CheckEvery = 16 << 20;

    private readonly DriveInfo _drive;
    private readonly long _reserve;
    private long _sinceCheck;

    /// <param name="path">A path on the file system that is filled.</param>
    public SpaceGuard(string path)
    {
        _drive = new DriveInfo(path);
        _reserve = ReserveOf(_drive.TotalSize);
    }

    /// <summary>Bytes that can be used on the file system of <paramref name="path"/> until this guard stops.</summary>
    public static long FreeAt(string path)
    {
        var drive = new DriveInfo(path);
        return Math.Max(0, drive.AvailableFreeSpace - ReserveOf(drive.TotalSize));
    }

    /// <summary>Call it for what is written, from any thread.</summary>
    /// <exception cref="ProblemException">NoSpace.</exception>
    public void Wrote(long bytes)
    {
        if (Interlocked.Add(ref _sinceCheck, bytes) >= CheckEvery)
        {
            Interlocked.Exchange(ref _sinceCheck, 0);
            if (_drive.AvailableFreeSpace < _reserve)
            {
                throw new ProblemException(ProblemCode.NoSpace, $"The disk is almost full: {ByteSize.Format(_drive.AvailableFreeSpace)} are left of {ByteSize.Format(_drive.TotalSize)}. Make room and try again.");
            }
        }
    }

    private static long ReserveOf(long total) => Math.Min(256L << 20, total / 50);
}
