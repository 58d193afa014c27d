using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>Builds on file systems made for the test: one that shares content, one that is too small.</summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted)
        {
            new ChildProcess { Program = "umount", Arguments = [_prefix.Paths.VServers] }.Run();
        }

        _prefix.Dispose();
    }

    [Fact]
    public void Build_CloneOnXfs_SharesTheContent()
    {
        Assert.SkipUnless(ChildProcess.Find("mkfs.xfs") is not null, "mkfs.xfs is not installed");
        var image = _prefix.Directory + "/image";
        using (var file = File.Create(image))
        {
            file.SetLength(400L << 20);
        }

        new ChildProcess { Program = "mkfs.xfs", Arguments = ["-q", image] }.Run();
        Mount("-o", "loop", image);
        Build("base", "--method", "skeleton");
        var content = new byte[40 << 20];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(_prefix.Paths.TreeOf(VServerName.Parse("base")) + "/usr/big", content);
        new ChildProcess { Program = "sync", Arguments = ["-f", _prefix.Paths.VServers] }.Run();
        var free = new DriveInfo(_prefix.Paths.VServers).AvailableFreeSpace;
        Build("copy", "--clone", "base");
        Assert.InRange(free - new DriveInfo(_prefix.Paths.VServers).AvailableFreeSpace, 0, 10 << 20);
        Assert.Equal(content, File.ReadAllBytes(_prefix.Paths.TreeOf(VServerName.Parse("copy")) + "/usr/big"));
    }

    [Fact]
    public void Build_ArchiveHoldsMoreThanTheDisk_IsNoSpaceAndLeavesNothing()
    {
        Mount("-t", "tmpfs", "-o", "size=48m,mode=700", "test");

        // a thousand times smaller than what it holds
        var source = Directory.CreateDirectory(_prefix.Directory + "/src/usr/bin").Parent!.Parent!.FullName;
        File.WriteAllBytes(source + "/usr/bin/zeros", new byte[200 << 20]);
        new ChildProcess { Program = "tar", Arguments = ["-czf", _prefix.Paths.Images + "/bomb.tar.gz", "-C", source, "."] }.Run();
        var before = _prefix.Snapshot();
        Assert.ThrowsAny<Exception>(() => Build("web", "--method", "tar", "--source", "bomb.tar.gz"));
        Assert.Equal(ProblemCode.NoSpace, _prefix.ReadJournal()[^1].Problem!.Code);
        Assert.Equal(before, _prefix.Snapshot());
    }

    private void Mount(params string[] arguments)
    {
        var mount = new ChildProcess { Program = "mount", Arguments = [.. arguments, _prefix.Paths.VServers] }.Try();
        Assert.SkipUnless(mount.ExitCode == 0, $"cannot mount here: {mount.Error.Trim()}");
        _mounted = true;
    }

    private void Build(string name, params string[] arguments) =>
        new BuildVerb().Run(VServerName.Parse(name), arguments, _prefix.Call([name, "build", .. arguments]) with { Report = new RecordingReporter() });
}
