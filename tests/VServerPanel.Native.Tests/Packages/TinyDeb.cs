using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>Makes Debian packages of a few bytes.</summary>
internal static class TinyDeb
{
    /// <param name="directory">Where.</param>
    /// <param name="name">Of the package.</param>
    /// <param name="version">Of the package.</param>
    /// <param name="files">Path without leading slash, and content.</param>
    /// <param name="postinst">Shell commands of its script.</param>
    /// <param name="conffiles">Absolute paths.</param>
    /// <returns>The file.</returns>
    public static string Make(string directory, string name, string version, Dictionary<string, string> files, string? postinst = null, params string[] conffiles)
    {
        Assert.SkipWhen(ChildProcess.Find("dpkg-deb") is null, "dpkg-deb is not installed");
        var tree = $"{directory}/{name}-{version}";
        Directory.CreateDirectory(tree + "/DEBIAN");
        File.WriteAllText(tree + "/DEBIAN/control", $"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@example.org>\nDescription: tiny {name}\n");
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{tree}/{path}")!);
            File.WriteAllText($"{tree}/{path}", content);
        }

        if (conffiles.Length > 0)
        {
            File.WriteAllText(tree + "/DEBIAN/conffiles", string.Concat(conffiles.Select(c => c + "\n")));
        }

        if (postinst is not null)
        {
            File.WriteAllText(tree + "/DEBIAN/postinst", $"#!/bin/sh\nset -e\n{postinst}\n");
            TrialHost.Run("chmod", "755", tree + "/DEBIAN/postinst");
        }

        var file = $"{directory}/{name}_{version}_all.deb";
        TrialHost.Run("dpkg-deb", "--root-owner-group", "--build", tree, file);
        return file;
    }
}
