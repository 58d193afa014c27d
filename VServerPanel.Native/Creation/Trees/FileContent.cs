using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>A part of a file that has data; what lies between parts is a hole.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DataRange(long Offset, long Length);

/// <summary>The content of an archive's file.</summary>
/// <param name="Data">Where it is read from, in order.</param>
/// <param name="Size">Size of the file.</param>
/// <param name="Ranges">Its data; the whole where it is not sparse.</param>
internal sealed record FileContent(Stream Data, long Size, IReadOnlyList<DataRange> Ranges)
{
    public void WriteTo(SafeFileHandle file, SpaceGuard guard)
    {
        if (Size == 0)
        {
            return;
        }

        var buffer = new byte[(int)Math.Min(1 << 17, Size)];
        foreach (var range in Ranges)
        {
            for (long done = 0; done < range.Length;)
            {
                var read = Data.Read(buffer, 0, (int)Math.Min(buffer.Length, range.Length - done));
                if (read == 0)
                {
                    throw TreeWriter.Damaged("it ends in the middle of a file");
                }

                RandomAccess.Write(file, buffer.AsSpan(0, read), range.Offset + done);
                done += read;
                guard.Wrote(read);
            }
        }

        ErrnoException.ThrowIfFailed(Libc.ftruncate(file, Size), "ftruncate");
    }
}
