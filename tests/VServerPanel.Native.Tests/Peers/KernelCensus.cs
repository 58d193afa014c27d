using VServerPanel.Native.Limits;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>What a prefix holds of the kernel: mounts, cgroups, namespaces, processes, addresses, files.</summary>
internal sealed record KernelCensus(string Mounts, string Cgroups, int Namespaces, string Processes, string Addresses, string Files)
{
    private static readonly string[] s_namespaces = ["mnt", "pid", "user", "uts", "ipc", "cgroup", "net"];

    public static KernelCensus Take(PrivatePrefix prefix)
    {
        var paths = prefix.Paths;
        return new KernelCensus(
            Lines(File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(prefix.Directory, StringComparison.Ordinal)).Select(l => string.Join(' ', l.Split(' ')[3..5]))

                // mounted by the first start where the system has not, and left there as systemd does
                .Where(m => m != "/ " + Native.Kernel.BpfFileSystem.MountPoint)),
            Lines(CgroupTree.Detect().PathsOf(paths.CgroupParent).Where(Directory.Exists).SelectMany(p => Directory.EnumerateDirectories(p, "*", SearchOption.AllDirectories))),
            CountNamespaces(prefix),
            Lines(ListProcesses(prefix)),
            ListAddresses(),
            Lines(TreeSnapshot.Take(prefix.Directory)
                .Select(l => l.Split(' ')[0])
                .Where(f => !f.StartsWith("./var/lib/vservers/jobs/", StringComparison.Ordinal)
                    && !f.StartsWith("./var/log/vservers/", StringComparison.Ordinal)

                    // the name of a lock whose holder was killed; the lock itself is gone with him
                    && !f.StartsWith("./var/run/vservers/.locks/", StringComparison.Ordinal)
                    && !f.StartsWith("./var/run/vservers/.kernel", StringComparison.Ordinal)
                    && !f.StartsWith("./vservers/", StringComparison.Ordinal)
                    && !f.StartsWith("./var/lib/vservers/registry/", StringComparison.Ordinal)

                    // made by the first start and used by all that follow
                    && f is not ("./var/run/vservers/.contexts" or "./var/run/vservers/.contexts/last" or "./var/run/vservers/.addresses" or "./var/run/vservers/.by-id" or "./var/run/vservers/.crun"))));
    }

    /// <summary>Processes end, and namespaces with them, a moment after the last one who saw them.</summary>
    public static void AssertSame(KernelCensus before, PrivatePrefix prefix)
    {
        KernelCensus? now = null;
        for (var tries = 0; tries < 100 && now != before; tries++)
        {
            Thread.Sleep(tries == 0 ? 0 : 50);
            try
            {
                now = Take(prefix);
            }
            catch (Interop.ErrnoException e) when (e.Errno == Interop.ErrnoNames.ENOENT)
            {
                // it is being cleared away just now
            }
        }

        Assert.Equal("", string.Join('\n', Differences(before, now!)));
    }

    private static IEnumerable<string> Differences(KernelCensus before, KernelCensus now)
    {
        (string What, string Before, string Now)[] fields =
        [
            ("mount", before.Mounts, now.Mounts), ("cgroup", before.Cgroups, now.Cgroups), ("process", before.Processes, now.Processes), ("address", before.Addresses, now.Addresses),
            ("file", before.Files, now.Files), ("namespaces", $"{before.Namespaces}", $"{now.Namespaces}"),
        ];
        return fields.SelectMany(f => f.Now.Split('\n').Except(f.Before.Split('\n')).Select(l => $"+ {f.What} {l}").Concat(f.Before.Split('\n').Except(f.Now.Split('\n')).Select(l => $"- {f.What} {l}")));
    }

    private static string ListAddresses()
    {
        using var socket = new Native.Network.RouteSocket();

        // the tests' own are from the ranges for documentation (RFC 5737, RFC 3849); others come and go
        return Lines(socket.List()
            .Select(a => $"{a.Address}/{a.PrefixLength}")
            .Where(a => a.StartsWith("198.51.100.", StringComparison.Ordinal) || a.StartsWith("2001:db8:", StringComparison.Ordinal)));
    }

    // those in the prefix's cgroups, and those that name it in their arguments, as the monitors do; a zombie has none left
    private static IEnumerable<string> Own(PrivatePrefix prefix) => Directory.EnumerateDirectories("/proc")
        .Where(d => char.IsAsciiDigit(d[^1]) && !d.EndsWith($"/{Environment.ProcessId}", StringComparison.Ordinal))
        .Where(d => Read(d + "/cmdline").Contains(prefix.Directory, StringComparison.Ordinal) || Read(d + "/cgroup").Contains(prefix.Paths.CgroupParent + "/", StringComparison.Ordinal));

    private static IEnumerable<string> ListProcesses(PrivatePrefix prefix) => Own(prefix).Select(d => Read(d + "/cmdline").Replace('\0', ' ') + Read(d + "/comm"));

    private static int CountNamespaces(PrivatePrefix prefix) =>
        Own(prefix).SelectMany(d => s_namespaces.Select(n => LinkOf($"{d}/ns/{n}"))).OfType<string>().Distinct(StringComparer.Ordinal).Count();

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
}
