using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>Tiny vservers whose packages are rpm's: the host's rpm and its libraries, in a root of busybox.</summary>
internal static class RpmRoot
{
    /// <summary>Makes one, with an empty database. The test is skipped where the host has no rpm.</summary>
    public static VServerName Add(TrialHost host, string name)
    {
        Assert.SkipWhen(ChildProcess.Find("rpm") is null || ChildProcess.Find("rpmbuild") is null, "rpm is not installed (apt-get install rpm)");
        var added = host.Add(name);
        var tree = host.Paths.TreeOf(added);
        foreach (var file in Libraries().Append("/usr/bin/rpm").Concat((string[])["/usr/lib/rpm/rpmrc", "/usr/lib/rpm/macros", "/usr/lib/rpm/rpmpopt-4.18.0"]).Where(File.Exists))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(tree + file)!);
            File.Copy(file, tree + file, overwrite: true);
        }

        // where Debian's rpm has it otherwise in the home directory of who calls it
        Directory.CreateDirectory(tree + "/etc/rpm");
        File.WriteAllText(tree + "/etc/rpm/macros", "%_dbpath /var/lib/rpm\n%_db_backend sqlite\n%_rpmlock_path /var/lib/rpm/.rpm.lock\n");
        Directory.CreateDirectory(tree + "/var/lib/rpm");
        return added;
    }

    /// <summary>Builds a package.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">Of the package.</param>
    /// <param name="version">Of the package; its release is 1.</param>
    /// <param name="files">Path without leading slash, and content. What lies in etc, or ends in .conf, is configuration.</param>
    /// <param name="post">Shell commands of its script.</param>
    /// <param name="pre">Shell commands of the one that comes first, which can refuse it.</param>
    /// <returns>The file.</returns>
    public static string Build(string directory, string name, string version, Dictionary<string, string> files, string post = "", string pre = "")
    {
        var source = $"{directory}/{name}-{version}";
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{source}/{path}")!);
            File.WriteAllText($"{source}/{path}", content);

            // what another version has, too, has the same time, as from a real build
            File.SetLastWriteTimeUtc($"{source}/{path}", new DateTime(2020, 1, 2, 0, 0, 0, DateTimeKind.Utc));
        }

        var list = string.Concat(files.Keys.Select(p => p.StartsWith("etc/", StringComparison.Ordinal) || p.EndsWith(".conf", StringComparison.Ordinal) ? $"%config(noreplace) /{p}\n" : $"/{p}\n"));
        File.WriteAllText($"{directory}/{name}.spec", $"""
            Name: {name}
            Version: {version}
            Release: 1
            Epoch: 3
            Summary: tiny {name}
            License: none
            BuildArch: noarch
            AutoReqProv: no
            Provides: /bin/sh
            %description
            tiny
            %install
            mkdir -p %buildroot
            cp -a {source}/. %buildroot/
            {(pre.Length > 0 ? $"%pre\n{pre}" : "")}
            {(post.Length > 0 ? $"%post\n{post}" : "")}
            %files
            {list}
            """);
        TrialHost.Run("rpmbuild", "-bb", "--quiet", "--define", $"_topdir {directory}/rpmbuild", "--define", "_build_id_links none", $"{directory}/{name}.spec");
        return $"{directory}/rpmbuild/RPMS/noarch/{name}-{version}-1.noarch.rpm";
    }

    /// <summary>Builds a package of all that a tree has; what lies in etc is configuration.</summary>
    public static string Package(string directory, string name, string tree)
    {
        var entries = TrialHost.Run("find", tree, "-mindepth", "1", "-printf", "%y %P\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var list = string.Concat(entries.Select(e => e[0] == 'd' ? $"%dir /{e[2..]}\n" : e[2..].StartsWith("etc/", StringComparison.Ordinal) ? $"%config(noreplace) /{e[2..]}\n" : $"/{e[2..]}\n"));
        File.WriteAllText($"{directory}/{name}.spec", $"""
            %global __os_install_post %nil
            %global debug_package %nil
            Name: {name}
            Version: 1
            Release: 1
            Summary: a whole system
            License: none
            BuildArch: noarch
            AutoReqProv: no
            Provides: /bin/sh
            %description
            all of it
            %install
            mkdir -p %buildroot
            cp -a {tree}/. %buildroot/
            %files
            {list}
            """);
        TrialHost.Run("rpmbuild", "-bb", "--quiet", "--define", $"_topdir {directory}/rpmbuild", "--define", "_build_id_links none", "--define", "_binaries_in_noarch_packages_terminate_build 0", $"{directory}/{name}.spec");
        return $"{directory}/rpmbuild/RPMS/noarch/{name}-1-1.noarch.rpm";
    }

    // ldd(1): "libpopt.so.0 => /lib/x86_64-linux-gnu/libpopt.so.0 (0x00007f…)"
    private static IEnumerable<string> Libraries() => TrialHost.Run("ldd", "/usr/bin/rpm").Split('\n')
        .Select(l => l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => w.StartsWith('/')))
        .OfType<string>();
}
