using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Unification;

/// <summary>ioctl_fideduperange(2): lets files share another's blocks. The kernel compares them itself, under its own locks, and changes nothing where they differ.</summary>
internal sealed unsafe class Dedupe : IDisposable
{
    /// <summary>Files to one call: header and targets must fit a page.</summary>
    public const int MostTargets = 120;

    // of one file to a call, and of all files of a call: what is read ahead of it must not push itself out of memory
    private const long MostOfFile = 16 << 20;
    private const long MostOfAll = 32 << 20;
    private const long LeastOfFile = 256 << 10;

    private readonly Libc.DedupeRange* _range = (Libc.DedupeRange*)NativeMemory.AllocZeroed((nuint)(sizeof(Libc.DedupeRange) + (MostTargets * sizeof(Libc.DedupeTarget))));

    /// <summary>Shares the blocks of one file with others of the same size.</summary>
    /// <remarks>Who gives them may be anybody's: that they still have this size is the caller's to ask afterwards. The kernel does less, or more, for a source that has another.</remarks>
    /// <param name="source">The one, open for reading.</param>
    /// <param name="targets">The others, as many as <see cref="MostTargets"/>; for root open for reading is enough.</param>
    /// <param name="size">Of each.</param>
    /// <param name="announced">So many of their first bytes the kernel was told of; of the rest it is told here, ahead of each part.</param>
    /// <param name="results">0: all blocks are shared. 1: it differs. Below 0: an errno.</param>
    /// <param name="stop">Asked between parts: whether this is to end. What is shared by then stays so, and the results say that nobody knows (EINTR).</param>
    public void Share(int source, ReadOnlySpan<int> targets, long size, long announced, Span<int> results, Func<bool> stop)
    {
        results[..targets.Length].Clear();
        var length = Math.Clamp(MostOfAll / (targets.Length + 1) / LeastOfFile * LeastOfFile, LeastOfFile, MostOfFile);
        ReadAhead(source, targets, announced, Math.Min(length, size), results);
        for (long at = 0; at < size; at += length)
        {
            if (stop())
            {
                results[..targets.Length].Fill(-ErrnoNames.EINTR);
                return;
            }

            ReadAhead(source, targets, Math.Max(at + length, announced), Math.Min(at + length + length, size), results);
            Part(source, targets, at, Math.Min(length, size - at), results);
        }
    }

    public void Dispose() => NativeMemory.Free(_range);

    /// <summary>The kernel reads what it compares page by page, each when it comes to it: what is read already is there by then.</summary>
    private static void ReadAhead(int source, ReadOnlySpan<int> targets, long from, long to, ReadOnlySpan<int> results)
    {
        FileReading.Announce(source, from, to - from);
        for (var i = 0; i < targets.Length; i++)
        {
            if (results[i] == 0)
            {
                FileReading.Announce(targets[i], from, to - from);
            }
        }
    }

    private void Part(int source, ReadOnlySpan<int> targets, long at, long length, Span<int> results)
    {
        var infos = (Libc.DedupeTarget*)(_range + 1);
        var wanted = 0;
        Span<int> who = stackalloc int[MostTargets];
        for (var i = 0; i < targets.Length; i++)
        {
            if (results[i] == 0)
            {
                infos[wanted] = new Libc.DedupeTarget { Descriptor = targets[i], Offset = (ulong)at };
                who[wanted++] = i;
            }
        }

        if (wanted == 0)
        {
            return;
        }

        *_range = new Libc.DedupeRange { SourceOffset = (ulong)at, SourceLength = (ulong)length, TargetCount = (ushort)wanted };
        FaultPoint.Reach();
        if (Libc.ioctl(source, Libc.FIDEDUPERANGE, _range) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            foreach (var i in who[..wanted])
            {
                results[i] = -errno;
            }

            return;
        }

        // a file system may do less than it was asked for: the rest is asked for again, file by file
        for (var i = 0; i < wanted; i++)
        {
            results[who[i]] = infos[i].Status;
        }

        Span<long> done = stackalloc long[MostTargets];
        for (var i = 0; i < wanted; i++)
        {
            done[i] = (long)infos[i].BytesDeduped;
        }

        for (var i = 0; i < wanted; i++)
        {
            if (results[who[i]] == Libc.FILE_DEDUPE_RANGE_SAME && done[i] < length)
            {
                results[who[i]] = done[i] == 0 ? -ErrnoNames.EINVAL : Rest(source, targets[who[i]], at + done[i], length - done[i]);
            }
        }
    }

    private int Rest(int source, int target, long at, long length)
    {
        var info = (Libc.DedupeTarget*)(_range + 1);
        while (length > 0)
        {
            *_range = new Libc.DedupeRange { SourceOffset = (ulong)at, SourceLength = (ulong)length, TargetCount = 1 };
            *info = new Libc.DedupeTarget { Descriptor = target, Offset = (ulong)at };
            FaultPoint.Reach();
            if (Libc.ioctl(source, Libc.FIDEDUPERANGE, _range) != 0)
            {
                return -Marshal.GetLastPInvokeError();
            }

            if (info->Status != Libc.FILE_DEDUPE_RANGE_SAME || info->BytesDeduped == 0)
            {
                return info->Status == Libc.FILE_DEDUPE_RANGE_SAME ? -ErrnoNames.EINVAL : info->Status;
            }

            at += (long)info->BytesDeduped;
            length -= (long)info->BytesDeduped;
        }

        return 0;
    }
}
