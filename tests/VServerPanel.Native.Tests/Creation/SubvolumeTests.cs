using VServerPanel.Native.Creation;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>On btrfs each vserver's tree is a subvolume.</summary>
public sealed class SubvolumeTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly LoopImage _image;

    public SubvolumeTests() => _image = LoopImage.Mount("btrfs", _prefix.Paths.VServers);

    public void Dispose()
    {
        _image.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Build_AnyMethod_IsASubvolume()
    {
        Build("base", "--method", "skeleton");
        Assert.True(IsSubvolume(Tree("base")));

        // and where the archive's root is further down
        var source = Directory.CreateDirectory(_prefix.Directory + "/src/debian-12/rootfs").FullName;
        Directory.CreateDirectory(source + "/usr/bin");
        Directory.CreateDirectory(source + "/etc");
        File.WriteAllText(_prefix.Directory + "/src/debian-12/metadata.yaml", "");
        TrialHost.Run("tar", "-czf", _prefix.Paths.Images + "/i.tar.gz", "-C", _prefix.Directory + "/src", ".");
        Build("web", "--method", "tar", "--source", "i.tar.gz");
        Assert.True(IsSubvolume(Tree("web")));
        Assert.True(Directory.Exists(Tree("web") + "/usr/bin"));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Tree("web")), p => Path.GetFileName(p) is "metadata.yaml" or "debian-12" or ".vserver-root");
    }

    [Fact]
    public void Clone_OfASubvolume_IsASnapshotWithoutWhatNoVServerHas()
    {
        Build("base", "--method", "skeleton");
        File.WriteAllText(Tree("base") + "/usr/file", "content");
        TrialHost.Run("mknod", Tree("base") + "/usr/null", "c", "1", "3");
        File.WriteAllText(Tree("base") + "/dev/left", "x");
        TrialHost.Run("touch", "-d", "2020-01-02", Tree("base") + "/usr");
        Build("copy", "--clone", "base", "--unify", "1");
        Assert.True(IsSubvolume(Tree("copy")));
        Assert.Equal("content", File.ReadAllText(Tree("copy") + "/usr/file"));
        Assert.False(File.Exists(Tree("copy") + "/usr/null"));
        Assert.False(File.Exists(Tree("copy") + "/dev/left"));
        Assert.Equal(2020, Directory.GetLastWriteTimeUtc(Tree("copy") + "/usr").Year);
        File.WriteAllText(Tree("copy") + "/usr/file", "other");
        Assert.Equal("content", File.ReadAllText(Tree("base") + "/usr/file"));
    }

    [Fact]
    public void Delete_TakesTheSubvolumeAway()
    {
        var before = Subvolumes();
        Build("base", "--method", "skeleton");
        Build("copy", "--clone", "base");

        // one that its guest has made
        TrialHost.Run("btrfs", "subvolume", "create", Tree("copy") + "/srv/inner");
        File.WriteAllText(Tree("copy") + "/srv/inner/file", "x");
        Assert.Equal(before + 3, Subvolumes());
        new DeleteVerb().Run(VServerName.Parse("copy"), ["--confirm", "copy", "--now"], _prefix.Call("copy", "delete") with { Report = new RecordingReporter() });
        Assert.Equal(before + 1, Subvolumes());
        Assert.Equal(["base"], Directory.EnumerateFileSystemEntries(_prefix.Paths.VServers).Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public void Remove_MountInASubvolume_IsRefused()
    {
        Build("base", "--method", "skeleton");
        TrialHost.Run("mount", "-t", "tmpfs", "none", Tree("base") + "/mnt");
        try
        {
            Assert.Equal(ErrnoNames.EBUSY, Assert.Throws<ErrnoException>(() => TreeRemoval.Remove(Tree("base"))).Errno);
        }
        finally
        {
            _ = Libc.umount2(Tree("base") + "/mnt", Libc.MNT_DETACH);
        }
    }

    [Fact]
    public void RemoveTreeIfSame_AnotherSubvolume_IsLeft()
    {
        Build("base", "--method", "skeleton");
        var undo = RemoveTreeIfSame.Of(Tree("base"), Tree("copy"));

        // the same inode number and time of birth as every snapshot of it
        TrialHost.Run("btrfs", "subvolume", "snapshot", Tree("base"), Tree("copy"));
        undo.Run(_prefix.Paths);
        Assert.True(Directory.Exists(Tree("copy")));
        RemoveTreeIfSame.Of(Tree("copy"), Tree("copy")).Run(_prefix.Paths);
        Assert.False(Directory.Exists(Tree("copy")));
    }

    private string Tree(string name) => _prefix.Paths.TreeOf(VServerName.Parse(name));

    private int Subvolumes() => TrialHost.Run("btrfs", "subvolume", "list", _prefix.Paths.VServers).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private static bool IsSubvolume(string path)
    {
        using var directory = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        return Subvolume.IsTop(directory);
    }

    private void Build(string name, params string[] arguments) =>
        new BuildVerb().Run(VServerName.Parse(name), arguments, _prefix.Call([name, "build", .. arguments]) with { Report = new RecordingReporter() });
}
