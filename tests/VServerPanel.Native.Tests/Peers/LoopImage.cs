using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>A file system in a file of its own, mounted for one test.</summary>
internal sealed class LoopImage : IDisposable
{
    private readonly string _image;

    private LoopImage(string type, string image, string mountPoint) => (Type, _image, MountPoint) = (type, image, mountPoint);

    public string Type { get; }

    public string MountPoint { get; }

    /// <summary>Makes and mounts it; the test is skipped where that cannot be done.</summary>
    /// <param name="type">ext4, xfs or btrfs.</param>
    /// <param name="mountPoint">An empty directory.</param>
    /// <param name="megabytes">Its size; xfs wants 300 at least.</param>
    public static LoopImage Mount(string type, string mountPoint, int megabytes = 400)
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        Assert.SkipWhen(ChildProcess.Find($"mkfs.{type}") is null, $"mkfs.{type} is not installed");
        var image = $"/var/tmp/vs-image-{Guid.NewGuid():n}";
        using (var file = File.Create(image))
        {
            file.SetLength((long)megabytes << 20);
        }

        var made = new LoopImage(type, image, mountPoint);
        try
        {
            TrialHost.Run($"mkfs.{type}", "-q", image);
            var mount = new ChildProcess { Program = "mount", Arguments = ["-o", "loop,nosuid,nodev", image, mountPoint] }.Try();
            Assert.SkipUnless(mount.ExitCode == 0, $"cannot mount {type} here: {mount.Error.Trim()}");
            return made;
        }
        catch
        {
            File.Delete(image);
            throw;
        }
    }

    /// <summary>Writes everything to the disk: only then have all blocks their place.</summary>
    public void Sync() => TrialHost.Run("sync", "-f", MountPoint);

    public void Dispose()
    {
        _ = new ChildProcess { Program = "umount", Arguments = [MountPoint] }.Try();
        File.Delete(_image);
    }
}
