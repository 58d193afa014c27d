using System.Globalization;
using System.Text;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Processes;

/// <summary>Reads /proc.</summary>
internal static class ProcessTable
{
    /// <summary>Bytes of a page.</summary>
    public static int PageSize { get; } = Environment.SystemPageSize;

    /// <summary>One process; null where it is gone.</summary>
    public static ProcessStat? Read(int pid, byte[] buffer)
    {
        try
        {
            using var file = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), Libc.O_RDONLY);
            var length = RandomAccess.Read(file, buffer, 0);
            return ProcessStat.TryParse(Encoding.UTF8.GetString(buffer, 0, length), out var stat) ? stat : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Address space of some processes together, in bytes.</summary>
    public static long SumVirtualBytes(IEnumerable<int> pids, byte[] buffer) => pids.Sum(pid => Read(pid, buffer)?.VirtualBytes ?? 0);
}
