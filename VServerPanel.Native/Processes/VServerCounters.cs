using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;

namespace VServerPanel.Native.Processes;

/// <summary>What a running vserver uses, as its cgroup counts it: a few small files, however many processes it has.</summary>
/// <param name="Processes">How many there are.</param>
/// <param name="ResidentBytes">Memory of its processes: anonymous pages and mapped files, not the page cache.</param>
/// <param name="UserSeconds">Processor time in user mode since its start.</param>
/// <param name="SystemSeconds">In kernel mode.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VServerCounters(int Processes, long ResidentBytes, double UserSeconds, double SystemSeconds)
{
    // cpuacct.stat counts in USER_HZ, which is 100 on every architecture of ours (kernel documentation, cpuacct)
    private const double TicksPerSecond = 100;
    private const double MicrosecondsPerSecond = 1_000_000;

    /// <summary>Reads them; null where the cgroup is gone.</summary>
    public static VServerCounters? Read(CgroupTree cgroups, string cgroup, byte[] buffer)
    {
        if (ReadText(cgroups.PathOf("pids", cgroup) + "/pids.current", buffer) is not { } pids)
        {
            return null;
        }

        var memory = ReadText(cgroups.PathOf("memory", cgroup) + "/memory.stat", buffer) ?? "";
        var resident = cgroups.IsUnified
            ? CounterFile.Find(memory, "anon") + CounterFile.Find(memory, "file_mapped")
            : CounterFile.Find(memory, "total_rss") + CounterFile.Find(memory, "total_mapped_file");

        var (user, system) = cgroups.IsUnified
            ? Times(ReadText(cgroups.PathOf("cpu", cgroup) + "/cpu.stat", buffer), "user_usec", "system_usec", MicrosecondsPerSecond)
            : Times(ReadText(cgroups.PathOf("cpuacct", cgroup) + "/cpuacct.stat", buffer), "user", "system", TicksPerSecond);
        _ = int.TryParse(pids.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        return new VServerCounters(count, resident, user, system);
    }

    private static (double User, double System) Times(string? text, string userKey, string systemKey, double unit) =>
        text is null ? (0, 0) : (CounterFile.Find(text, userKey) / unit, CounterFile.Find(text, systemKey) / unit);

    private static string? ReadText(string path, byte[] buffer)
    {
        try
        {
            using SafeFileHandle file = Libc.open(path, Libc.O_RDONLY);
            return Encoding.ASCII.GetString(buffer, 0, RandomAccess.Read(file, buffer, 0));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
