using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Packages;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>The ten servers of 2002, all of whose files are of packages that rpm installed: unified by package and by content, some of them running, then each done something else to. Whatever
/// is done to one, every file of the others is as it was. The guests' own rpm reads their databases and changes their packages.</summary>
[Collection(RealHost.Name)]
public sealed class TenRpmVServersTests : IDisposable
{
    private static readonly string s_lines = string.Concat(Enumerable.Range(0, 1500).Select(i => $"line {i:d4}\n"));

    private readonly TrialHost _host = new("xfs", 900);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Unify_TenRpmVServers_StayIndependent()
    {
        var template = MakeSystem();
        var all = Enumerable.Range(1, 10).Select(i => _host.Copy(template, $"v{i}")).ToArray();
        _host.Expect("template", "delete", "--confirm", "template", "--now");
        foreach (var name in (string[])["v1", "v2", "v4"])
        {
            _host.Expect(name, "start");
        }

        var apart = all.ToDictionary(v => v, Snapshot);
        var free = BytesFree();

        // by package: all files of packages, but for configuration and what lies in each vserver's own directories
        var byPackage = Unify([.. all.Select(v => v.Value), "--", "ALL"]);
        Assert.True(AllShare(all, "usr/lib/vs-tools/1") && AllShare(all, "bin/busybox") && AllShare(all, "usr/share/vs-web/pages"));
        Assert.False(IsShared(all[0], "opt/ours") || IsShared(all[0], "usr/share/vs-web/settings.conf"));
        Assert.Contains(byPackage.Skipped, s => s.Reason == "configuration");
        Assert.Contains(byPackage.Skipped, s => s.Reason == "not-in-package");

        // the rest by content
        Unify([.. all.Select(v => v.Value)]);
        Assert.True(AllShare(all, "opt/ours"));

        // nine of ten copies are gone from the disk
        var size = long.Parse(TrialHost.Run("du", "-s", "--apparent-size", "--block-size=1", "--exclude=var", "--exclude=etc", _host.Paths.TreeOf(all[9])).Split('\t')[0], CultureInfo.InvariantCulture);
        Assert.InRange(BytesFree() - free, 8 * size, 10 * size);
        Assert.All(all, v => Assert.Equal(apart[v], Snapshot(v)));

        // upgraded in one and erased in another by the rpm in there; one in the trash, one purged from it, one renamed
        var unified = all.ToDictionary(v => v, v => TreeSnapshot.Take(_host.Paths.TreeOf(v), withTimes: true));
        var package = BuildTools("2");
        File.Copy(package, PathOf(all[0], "root/tools.rpm"));
        _host.Expect("v1", "exec", "rpm", "-U", "/root/tools.rpm");
        File.Delete(PathOf(all[0], "root/tools.rpm"));
        _host.Expect("v2", "exec", "rpm", "-e", "vs-web");
        _host.Expect("v3", "delete", "--confirm", "v3");
        _host.Expect("v8", "delete", "--confirm", "v8");
        var trash = Assert.Single(Items(_host.VServer("--json", "--as", "vserver-trash", "list")), i => i.Name == all[7]).Id;
        _host.Expect("--as", "vserver-trash", "purge", trash);
        var renamed = _host.MayBeCalled("renamed");
        _host.Expect("v7", "rename", "renamed");

        AssertSame(all[3], all[4], all[5], all[8], all[9]);
        Assert.Equal(unified[all[6]], TreeSnapshot.Take(_host.Paths.TreeOf(renamed), withTimes: true));
        Assert.Equal("vs-tools-2-1\nvs-base-1-1", Query("v1", "vs-tools", "vs-base"));
        Assert.All(Changed(all[0]), p => Assert.Matches(@"^\./(usr/lib(/vs-tools(/.*)?)?|var/lib/rpm(/.*)?|root)$", p));
        Assert.All(Changed(all[1]), p => Assert.Matches(@"^\./(usr/share(/vs-web(/.*)?)?|etc(/vs-web\.conf)?|var/lib/rpm(/.*)?)$", p));
        Assert.StartsWith("2", File.ReadAllText(PathOf(all[0], "usr/lib/vs-tools/1")), StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf(all[1], "usr/share/vs-web/pages")));

        // "to regain unification": another is upgraded too
        _host.Expect("--as", "vrpm", "v4", "--", "-U", package);
        Assert.False(BlocksOf(all[0], "usr/lib/vs-tools/1") == BlocksOf(all[3], "usr/lib/vs-tools/1"));
        Unify("v1", "v4", "v5", "--", "vs-tools");
        Assert.True(AllShare([all[0], all[3]], "usr/lib/vs-tools/1") && AllShare([all[0], all[3]], "usr/lib/vs-tools/constant"));
        Assert.NotEqual(BlocksOf(all[0], "usr/lib/vs-tools/1"), BlocksOf(all[4], "usr/lib/vs-tools/1"));
        AssertSame(all[4], all[5], all[8], all[9]);

        // one of its own again, one back from the trash
        _host.Expect("v5", "deunify");
        Assert.False(IsShared(all[4], "bin/busybox"));
        _host.Expect("--as", "vserver-trash", "restore", "v3");
        AssertSame(all[2], all[4], all[5], all[8], all[9]);

        void AssertSame(params VServerName[] names) => Assert.All(names, v => Assert.Equal(WithoutReaders(unified[v]), WithoutReaders(TreeSnapshot.Take(_host.Paths.TreeOf(v), withTimes: true))));

        // whoever reads the database of packages writes into this file, which is mapped into memory (sqlite.org/wal.html)
        static IEnumerable<string> WithoutReaders(IEnumerable<string> lines) => lines.Where(l => !l.Contains("rpmdb.sqlite-shm ", StringComparison.Ordinal));

        IEnumerable<string> Changed(VServerName name)
        {
            var now = TreeSnapshot.Take(_host.Paths.TreeOf(name), withTimes: true);
            return now.Except(unified[name]).Concat(unified[name].Except(now)).Select(l => l.Split(' ')[0]).Distinct();
        }
    }

    /// <summary>A system made of packages alone: the host's rpm installs them into an empty tree.</summary>
    private VServerName MakeSystem()
    {
        var from = _host.Paths.TreeOf(RpmRoot.Add(_host, "from"));
        var packages = (string[])[
            RpmRoot.Package(_host.Prefix.Directory, "vs-base", from),
            BuildTools("1"),
            RpmRoot.Build(_host.Prefix.Directory, "vs-web", "1", new() { ["usr/share/vs-web/pages"] = s_lines, ["usr/share/vs-web/settings.conf"] = s_lines, ["etc/vs-web.conf"] = "a=1\n" })];
        var template = _host.MayBeCalled("template");
        File.WriteAllText(_host.Paths.ConfOf(template), "");
        var tree = _host.Paths.TreeOf(template);
        Directory.CreateDirectory(tree + "/var/lib/rpm");
        new ChildProcess { Program = "rpm", Arguments = ["--root", tree, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", "--nodeps", "--noplugins", "--excludedocs", "-i", .. packages] }.Run();

        // of no package
        Directory.CreateDirectory(tree + "/opt");
        File.WriteAllText(tree + "/opt/ours", s_lines);
        TrialHost.Run("rm", "-r", from);
        File.Delete(_host.Paths.ConfOf(VServerName.Parse("from")));
        return template;
    }

    private string BuildTools(string version)
    {
        var files = Enumerable.Range(1, 20).ToDictionary(i => $"usr/lib/vs-tools/{i}", i => $"{version} {i}\n{s_lines}");
        files["usr/lib/vs-tools/constant"] = s_lines;
        files[$"usr/lib/vs-tools/only-{version}"] = s_lines;
        return RpmRoot.Build(_host.Prefix.Directory, "vs-tools", version, files);
    }

    private UnificationOutcome Unify(params string[] words)
    {
        var result = _host.VServer(["--json", "--as", "vunify", "--method", "reflink", .. words]);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return result.Result<UnificationOutcome>();
    }

    private string Query(string name, params string[] packages) => _host.Expect([name, "exec", "rpm", "-q", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}\\n", .. packages]).TrimEnd();

    /// <summary>Whether all have one file's content in the same blocks.</summary>
    private bool AllShare(IReadOnlyList<VServerName> names, string file) => names.All(v => IsShared(v, file)) && names.Select(v => BlocksOf(v, file)).Distinct().Count() == 1;

    private bool IsShared(VServerName name, string file)
    {
        using var map = new BlockMap();
        using var opened = Libc.open(PathOf(name, file), Libc.O_RDONLY);
        _ = map.HashOf((int)opened.DangerousGetHandle(), RandomAccess.GetLength(opened), out var isShared);
        return isShared;
    }

    private ulong BlocksOf(VServerName name, string file)
    {
        using var map = new BlockMap();
        using var opened = Libc.open(PathOf(name, file), Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.fsync(opened), "fsync");
        return map.HashOf((int)opened.DangerousGetHandle(), RandomAccess.GetLength(opened), out _);
    }

    private string PathOf(VServerName name, string file) => $"{_host.Paths.TreeOf(name)}/{file}";

    private long BytesFree()
    {
        TrialHost.Run("sync", "-f", _host.Paths.VServers);
        return new DriveInfo(_host.Paths.VServers).AvailableFreeSpace;
    }

    // SQLite makes the log of its database anew wherever rpm reads it
    private List<string> Snapshot(VServerName name) => [.. TreeSnapshot.Take(_host.Paths.TreeOf(name), withTimes: true).Where(l => !l.StartsWith("./var/lib/rpm", StringComparison.Ordinal))];

    private static List<TrashItem> Items(CommandOutput output) =>
        [.. output.Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<TrashItem>(i.Data))];
}
