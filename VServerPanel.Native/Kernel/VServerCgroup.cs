using System.Globalization;
using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>A vserver's version 2 cgroup, by which the programs know it.</summary>
internal static class VServerCgroup
{
    /// <summary>Its directory.</summary>
    public static string PathOf(HostPaths paths, KernelTopic topic, VServerName name) => $"{topic.ParentCgroup}/{HostPaths.ContainerOf(paths.HandleOf(name))}";

    /// <summary>Puts the first process in, where the runtime has not: a socket keeps the cgroup of its creation.</summary>
    /// <returns>The cgroup's directory.</returns>
    public static string Enter(HostPaths paths, KernelTopic topic, VServerName name, int pid)
    {
        var own = paths.CgroupOf(name);
        var path = PathOf(paths, topic, name);

        // cgroups(7): 0::/vservers/web
        var now = File.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?[3..];
        if (now != own && now?.StartsWith(own + "/", StringComparison.Ordinal) != true)
        {
            Directory.CreateDirectory(path);
            File.WriteAllText(path + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }

        return path;
    }
}
