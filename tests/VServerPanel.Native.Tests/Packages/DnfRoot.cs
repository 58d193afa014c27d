using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>Tiny vservers with a real dnf: the host's, with its python and what both load, beside the rpm of <see cref="RpmRoot"/>. Their repository is a directory of theirs.</summary>
internal static class DnfRoot
{
    // with python's own below
    private static readonly string[] s_packages = ["dnf", "dnf-data", "libdnf2-common", "python3-dnf", "python3-hawkey", "python3-libdnf", "python3-libcomps", "python3-gpg", "python3-rpm", "python3", "python3-minimal", "libpython3-stdlib"];
    private static readonly string[] s_manuals = ["/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/share/lintian", "/usr/share/info"];

    /// <summary>Makes one, with an empty repository. The test is skipped where the host has no dnf.</summary>
    public static VServerName Add(TrialHost host, string name)
    {
        Assert.SkipWhen(ChildProcess.Find("dnf") is null || ChildProcess.Find("createrepo_c") is null, "dnf and createrepo_c are not installed (apt-get install dnf createrepo-c)");
        var added = RpmRoot.Add(host, name);
        var tree = host.Paths.TreeOf(added);
        TrialHost.Run("cp", ["-L", "--parents", "-t", tree, .. Files()]);
        foreach (var directory in (string[])["etc/yum.repos.d", "etc/dnf/vars", "srv/repository", "var/cache", "var/log"])
        {
            Directory.CreateDirectory($"{tree}/{directory}");
        }

        File.WriteAllText(tree + "/etc/dnf/vars/releasever", "1\n");
        File.WriteAllText(tree + "/etc/yum.repos.d/tiny.repo", "[tiny]\nname=tiny\nbaseurl=file:///srv/repository\nenabled=1\ngpgcheck=0\n");
        return added;
    }

    /// <summary>Puts packages into the repository of a vserver; what it has fetched of it stays as it was.</summary>
    public static void Publish(TrialHost host, VServerName name, params string[] packages)
    {
        var repository = host.Paths.TreeOf(name) + "/srv/repository";
        TrialHost.Run("cp", ["-t", repository, .. packages]);
        TrialHost.Run("createrepo_c", "--quiet", repository);
    }

    private static List<string> Files()
    {
        // python3 is a link to python3.11, and its packages are called so
        var python = Path.GetFileName(File.ResolveLinkTarget("/usr/bin/python3", returnFinalTarget: true)!.FullName);
        var files = s_packages.Concat([python, $"{python}-minimal", $"lib{python}-minimal", $"lib{python}-stdlib"])
            .SelectMany(p => TrialHost.Run("dpkg", "-L", p).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => File.Exists(f) && !s_manuals.Any(d => f.StartsWith(d, StringComparison.Ordinal)))
            .Distinct(StringComparer.Ordinal)
            .ToList();

        // what was compiled when they were installed, which each run would do again
        var compiled = files.Where(f => f.EndsWith(".py", StringComparison.Ordinal)).Select(f => Path.GetDirectoryName(f) + "/__pycache__").Distinct(StringComparer.Ordinal).Where(Directory.Exists);
        files.AddRange([.. compiled.SelectMany(d => Directory.EnumerateFiles(d, "*.pyc"))]);
        files.AddRange(Libraries([$"/usr/bin/{python}", .. files.Where(f => f.Contains(".so", StringComparison.Ordinal))]));
        files.AddRange(Directory.Exists("/usr/lib/locale/C.utf8") ? Directory.EnumerateFiles("/usr/lib/locale/C.utf8", "*", SearchOption.AllDirectories) : []);
        return files;
    }

    // ldd(1): "libpopt.so.0 => /lib/x86_64-linux-gnu/libpopt.so.0 (0x00007f…)"; before those of one of several files "/usr/lib/x.so:"
    private static IEnumerable<string> Libraries(string[] files) => TrialHost.Run("ldd", files).Split('\n')
        .Select(l => l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => w.StartsWith('/')))
        .OfType<string>()
        .Where(w => !w.EndsWith(':'))
        .Distinct(StringComparer.Ordinal);
}
