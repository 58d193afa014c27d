using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification.Scanning;

/// <summary>Open directories of one thread: files that follow each other mostly lie in the same ones.</summary>
internal sealed unsafe class DirectoryDescriptors(TreeScan scan) : IDisposable
{
    private const int Size = 256;

    private readonly (int Directory, int Descriptor)[] _open = [.. Enumerable.Repeat((-1, -1), Size)];
    private readonly byte[] _path = new byte[4096];

    /// <summary>The descriptor of a directory, good until another is asked for; -1 where it is not there any more.</summary>
    public int this[int directory]
    {
        get
        {
            // the trees' equal directories were mostly found at the same distance from each other
            ref var slot = ref _open[(uint)directory * 2654435761u >> 24];
            if (slot.Directory == directory)
            {
                return slot.Descriptor;
            }

            Close(ref slot);
            var isThere = scan.PathOf(directory, _path) > 0;
            var fd = isThere ? Open(directory) : -1;
            if (isThere && fd < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.EMFILE)
            {
                // a hard limit below what our threads keep together (getrlimit(2), RLIMIT_NOFILE)
                Dispose();
                fd = Open(directory);
            }

            if (fd >= 0)
            {
                slot = (directory, fd);
            }

            return fd;
        }
    }

    public void Dispose()
    {
        foreach (ref var slot in _open.AsSpan())
        {
            Close(ref slot);
        }
    }

    private int Open(int directory)
    {
        fixed (byte* path = _path)
        {
            return Libc.OpenBeneath((int)scan.Roots[scan.Directories[directory].Tree].DangerousGetHandle(), path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
        }
    }

    private static void Close(ref (int Directory, int Descriptor) slot)
    {
        if (slot.Descriptor >= 0)
        {
            _ = Libc.close(slot.Descriptor);
        }

        slot = (-1, -1);
    }
}
