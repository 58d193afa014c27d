using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>A tiny vserver whose apt-get is a shell script: for what does not depend on the real one, as kills and hangs.</summary>
internal static class FakeApt
{
    /// <param name="host">Where.</param>
    /// <param name="name">Of the vserver.</param>
    /// <param name="script">What its apt-get does.</param>
    /// <param name="hook">Its hook script.</param>
    public static VServerName Add(TrialHost host, string name, string script, string? hook = null)
    {
        var added = host.Add(name, hook: hook);
        var tree = host.Paths.TreeOf(added);
        Directory.CreateDirectory(tree + "/var/lib/dpkg/info");
        Directory.CreateDirectory(tree + "/usr/bin");
        Directory.CreateDirectory(tree + "/usr/sbin");
        File.WriteAllText(tree + "/var/lib/dpkg/status", Status("1.0"));
        File.WriteAllText(tree + "/usr/bin/apt-get", "#!/bin/sh\n" + script + "\n");
        TrialHost.Run("chmod", "755", tree + "/usr/bin/apt-get");
        return added;
    }

    /// <summary>A status file with one package.</summary>
    public static string Status(string version) => $"Package: tiny\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\nDescription: tiny\n\n";
}
