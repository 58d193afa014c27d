using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>A prefix with vservers to unify, on the host's own file system or on one made for the test; nobody looks at their links but the tests.</summary>
internal sealed class UnifiedHost : IDisposable
{
    private readonly bool _isMounted;
    private readonly bool _hasReflinks;

    /// <param name="fileSystem">xfs, btrfs or ext4 in an image; null for what /var/tmp lies on.</param>
    /// <param name="megabytes">Of the image.</param>
    /// <param name="options">How it is made.</param>
    public UnifiedHost(string? fileSystem = null, int megabytes = 320, params string[] options)
    {
        Assert.SkipUnless(Environment.UserName == "root", "unifying needs root");
        if (fileSystem is null)
        {
            return;
        }

        Assert.SkipWhen(ChildProcess.Find("mkfs." + fileSystem) is null, $"mkfs.{fileSystem} is not installed");
        using (var file = File.Create(Image))
        {
            file.SetLength((long)megabytes << 20);
        }

        new ChildProcess { Program = "mkfs." + fileSystem, Arguments = ["-q", .. options, Image] }.Run();
        var mount = new ChildProcess { Program = "mount", Arguments = ["-o", "loop", Image, Prefix.Paths.VServers] }.Try();
        Assert.SkipUnless(mount.ExitCode == 0, $"cannot mount here: {mount.Error.Trim()}");
        _isMounted = true;
        _hasReflinks = fileSystem != "ext4";
        File.SetUnixFileMode(Prefix.Paths.VServers, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>One on btrfs, with vservers that are subvolumes, as they are made there: no file can be moved from one into another.</summary>
    public static UnifiedHost OfSubvolumes(params string[] names)
    {
        var host = new UnifiedHost("btrfs");
        foreach (var name in names)
        {
            Directory.Delete(host.Add(name));
            new ChildProcess { Program = "btrfs", Arguments = ["subvolume", "create", host.PathOf(name)] }.Run();
        }

        return host;
    }

    public PrivatePrefix Prefix { get; } = new();

    private string Image => Prefix.Directory + "/image";

    public string Staging => Prefix.Paths.VServers + "/.unify";

    /// <summary>Adds a vserver with an empty tree.</summary>
    public string Add(string name)
    {
        var parsed = VServerName.Parse(name);
        File.WriteAllText(Prefix.Paths.ConfOf(parsed), "");
        Directory.CreateDirectory(Prefix.Paths.TreeOf(parsed));
        return Prefix.Paths.TreeOf(parsed);
    }

    /// <summary>Adds a vserver that is a copy of another.</summary>
    public string Copy(string from, string name)
    {
        var tree = Add(name);
        new ChildProcess { Program = "cp", Arguments = ["-a", "--reflink=never", from + "/.", tree] }.Run();
        return tree;
    }

    /// <summary>Lets one have another's files, which share their blocks; it is added where it is not there.</summary>
    public void Clone(string from, string name)
    {
        var tree = Directory.Exists(PathOf(name)) ? PathOf(name) : Add(name);
        new ChildProcess { Program = "cp", Arguments = ["-a", "--reflink=always", PathOf(from) + "/.", tree] }.Run();
        Sync();
    }

    public string PathOf(string name) => Prefix.Paths.TreeOf(VServerName.Parse(name));

    /// <summary>Some files of a system, all older than what counts as just changed.</summary>
    public static void Fill(string tree, int seed = 1)
    {
        Write(tree, "usr/bin/tool", "a program\n", 0b111_101_101);
        Write(tree, "usr/bin/passwd", "set-id\n", 0b100_111_101_101);
        Write(tree, "usr/lib/large", new string((char)('a' + seed), 700_000));
        Write(tree, "usr/share/doc/a/copyright", "one licence\n");
        Write(tree, "usr/share/doc/b/copyright", "one licence\n");
        Write(tree, "usr/share/doc/c/copyright", "two licence\n");
        Write(tree, "usr/share/empty", "");
        Write(tree, "etc/hosts", "127.0.0.1\n");
        Write(tree, "var/lib/data", "state\n");
        Write(tree, "usr/bin/perl", "linked\n");
        new ChildProcess { Program = "ln", Arguments = [tree + "/usr/bin/perl", tree + "/usr/bin/perl5"] }.Run();
    }

    public static void Write(string tree, string path, string content, int mode = 0b110_100_100)
    {
        var file = $"{tree}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, (UnixFileMode)mode);
        File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    /// <summary>Everything of a tree that unifying must not change.</summary>
    public IReadOnlyList<string> Snapshot(string name) =>
        [.. TreeSnapshot.Take(PathOf(name), withTimes: true).Select(l => string.Join(' ', l.Split(' ').Where(w => !w.StartsWith("same-as=", StringComparison.Ordinal) && !w.StartsWith(SharedMark.Attribute, StringComparison.Ordinal))))];

    public UnificationRequest Request(params string[] names) =>
        new() { VServers = [.. names.Select(VServerName.Parse)], IsProtectionTested = !_hasReflinks, Threads = 3 };

    public UnificationOutcome Unify(params string[] names) => Unify(Request(names));

    public UnificationOutcome Unify(UnificationRequest request)
    {
        var report = new RecordingReporter();
        UnificationCommand.Unify(Prefix.Call("unify") with { Report = report }, request, isTest: false);
        return WireProtocol.FromElement<UnificationOutcome>(Assert.IsType<ResultEvent>(report.Events[^1]).Data!.Value);
    }

    public UnificationPlan Plan(UnificationRequest request)
    {
        var report = new RecordingReporter();
        UnificationCommand.Unify(Prefix.Call("unify") with { Report = report }, request, isTest: true);
        return WireProtocol.FromElement<UnificationPlan>(Assert.IsType<ResultEvent>(report.Events[^1]).Data!.Value);
    }

    public UnificationOutcome Separate(params string[] names) => Separate(Request(names));

    public UnificationOutcome Separate(UnificationRequest request)
    {
        var report = new RecordingReporter();
        UnificationCommand.Separate(Prefix.Call("deunify") with { Report = report }, request, []);
        return WireProtocol.FromElement<UnificationOutcome>(Assert.IsType<ResultEvent>(report.Events[^1]).Data!.Value);
    }

    public UnificationPlan SeparationPlan(params string[] names)
    {
        var report = new RecordingReporter();
        var call = Prefix.Call("deunify");
        UnificationCommand.Separate(call with { Report = report, Options = call.Options with { Plan = true } }, Request(names), []);
        return WireProtocol.FromElement<UnificationPlan>(Assert.IsType<ResultEvent>(report.Events[^1]).Data!.Value);
    }

    public ulong InodeOf(string name, string path) => Libc.statx(null, $"{PathOf(name)}/{path}").Inode;

    public uint LinksOf(string name, string path) => Libc.statx(null, $"{PathOf(name)}/{path}").LinkCount;

    /// <summary>Free bytes once everything is written.</summary>
    public long BytesFree()
    {
        Sync();
        return new DriveInfo(Prefix.Paths.VServers).AvailableFreeSpace;
    }

    /// <summary>Takes all that is free on the disk, also for the smallest file.</summary>
    public void FillDisk()
    {
        new ChildProcess { Program = "sh", Arguments = ["-c", "cat /dev/zero > fill; i=0; while echo x > fill$i; do i=$((i+1)); done", "sh"], WorkingDirectory = Prefix.Paths.VServers }.Try();
        Sync();
    }

    /// <summary>Writes everything to the disk: where blocks lie is known then.</summary>
    public void Sync() => new ChildProcess { Program = "sync", Arguments = ["-f", Prefix.Paths.VServers] }.Run();

    /// <summary>Changes what lies on the disk behind the back of its file system: a file with that content cannot be read any more, where data have checksums.</summary>
    /// <param name="content">Of several files, maybe.</param>
    /// <param name="which">Of those, as they lie on the disk.</param>
    public void DamageOnDisk(string content, int which)
    {
        Sync();
        Unmount();
        var bytes = File.ReadAllBytes(Image);
        var wanted = System.Text.Encoding.ASCII.GetBytes(content);
        var at = -1;
        for (var i = 0; i <= which; i++)
        {
            var next = bytes.AsSpan(at + 1).IndexOf(wanted);
            Assert.True(next >= 0, "the content is not on the disk");
            at += next + 1;
        }

        using (var file = File.OpenWrite(Image))
        {
            file.Position = at + (content.Length / 2);
            file.WriteByte(0);
        }

        new ChildProcess { Program = "mount", Arguments = ["-o", "loop", Image, Prefix.Paths.VServers] }.Run();
    }

    // a process that another test starts has all that is open here, until it runs its program
    private void Unmount()
    {
        var umount = new ChildProcess { Program = "umount", Arguments = [Prefix.Paths.VServers] };
        for (var tries = 0; tries < 50; tries++)
        {
            if (umount.Try().ExitCode == 0)
            {
                return;
            }

            Thread.Sleep(100);
        }

        umount.Run();
    }

    public void Dispose()
    {
        // marks of shared files are only in the way of nobody, immutable ones go with the tree
        if (_isMounted)
        {
            Unmount();
        }

        Prefix.Dispose();
    }
}
