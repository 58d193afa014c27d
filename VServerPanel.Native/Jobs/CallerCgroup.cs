using System.Globalization;

namespace VServerPanel.Native.Jobs;

/// <summary>Moves this process (or a child of it) out of the cgroup of who called it: a service manager that stops the panel or ends a session kills all in there.</summary>
internal static class CallerCgroup
{
    private const string Name = "vservers-monitor";

    /// <summary>Does what it can: a hierarchy that refuses is one that nobody stops services by.</summary>
    /// <param name="process">Which process; null: this one.</param>
    /// <returns>The cgroup directories that it is in now.</returns>
    public static IReadOnlyList<string> Leave(int? process = null)
    {
        var joined = new List<string>();
        string[] roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
        foreach (var root in roots.Where(r => File.Exists(r + "/cgroup.procs")))
        {
            try
            {
                var directory = $"{root}/{Name}";
                Directory.CreateDirectory(directory);
                File.WriteAllText(directory + "/cgroup.procs", (process ?? Environment.ProcessId).ToString(CultureInfo.InvariantCulture));
                joined.Add(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // read-only or delegated elsewhere: we stay where we are
            }
        }

        return joined;
    }
}
