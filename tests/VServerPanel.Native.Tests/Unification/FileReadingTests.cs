using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Tests.Unification;

public sealed partial class FileReadingTests
{
    [Fact]
    public void Announce_MoreThanTheKernelTakesOfOneCall_IsReadWhole()
    {
        using var host = new UnifiedHost("xfs");
        var path = host.Add("a") + "/large";
        const int Size = 24 << 20;
        File.WriteAllBytes(path, new byte[Size]);
        using var file = Libc.open(path, Libc.O_RDONLY);
        var fd = (int)file.DangerousGetHandle();

        // nothing of it is in memory
        host.Sync();
        const int DontNeed = 4;
        Assert.Equal(0, Libc.posix_fadvise(fd, 0, 0, DontNeed));
        Assert.Equal(0, BytesInMemory(path));

        FileReading.Announce(fd, 1 << 20, 20 << 20);
        FileReading.Announce(fd, 0, 0);
        FileReading.Announce(fd, 4096, -1);
        var bytes = 0L;
        Assert.True(SpinWait.SpinUntil(() => (bytes = BytesInMemory(path)) >= 20 << 20, TimeSpan.FromSeconds(30)), $"{bytes} bytes are in memory");
        Assert.InRange(bytes, 20 << 20, 22 << 20);
    }

    private static long BytesInMemory(string path)
    {
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        var pages = new byte[(view.Capacity + 4095) / 4096];
        Assert.Equal(0, mincore(view.SafeMemoryMappedViewHandle.DangerousGetHandle(), (nuint)view.Capacity, pages));
        return pages.Count(p => (p & 1) != 0) * 4096L;
    }

    [LibraryImport("libc")]
    private static partial int mincore(nint address, nuint length, [Out] byte[] pages);
}
