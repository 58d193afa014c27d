using System.Runtime.CompilerServices;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>Debian trees with a real init, made by mmdebstrap the first time that a test asks for them, and kept.</summary>
internal static class DebianRoot
{
    private static readonly Lazy<Dictionary<string, string>> s_made = new(MakeAll);

    /// <summary>Unpacks one in the place of a vserver's tree. The test is skipped where none can be made.</summary>
    /// <param name="paths">Whose trees.</param>
    /// <param name="name">The vserver.</param>
    /// <param name="init">systemd or sysvinit: who is its /sbin/init.</param>
    public static void Unpack(HostPaths paths, VServerName name, string init)
    {
        var tar = s_made.Value[init];
        Assert.SkipWhen(!File.Exists(tar), $"no Debian with {init} could be made: {tar}");
        var tree = paths.TreeOf(name);
        Directory.Delete(tree, recursive: true);
        Directory.CreateDirectory(tree + "/dev");
        TrialHost.Run("tar", "-C", tree, "--numeric-owner", "--exclude=./dev/*", "-xf", tar);
    }

    // both at once: each mostly waits for the mirror or for dpkg
    private static Dictionary<string, string> MakeAll()
    {
        Assert.SkipWhen(ChildProcess.Find("mmdebstrap") is null, "a Debian with a real init is made by mmdebstrap, which is not installed");
        return ((string[])["systemd", "sysvinit"]).AsParallel().ToDictionary(i => i, Make);
    }

    private static string Make(string init)
    {
        var result = new ChildProcess { Program = Path.GetDirectoryName(Here()) + "/debian-root", Arguments = [init] }.Try();
        return result.ExitCode == 0 ? result.Output.Trim() : result.Error.Trim();
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
