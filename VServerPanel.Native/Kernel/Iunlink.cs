using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>Files that vservers share by hard links can be replaced from inside and not changed: kernel-patches/iunlink.bpf.c.</summary>
internal sealed class Iunlink(HostPaths paths, string? objects = null) : SecurityTopic(paths, TopicName, objects)
{
    public const string TopicName = "iunlink";

    /// <summary>Inode flags that mark a shared file: FS_SYNC_FL and FS_NOATIME_FL (linux/fs.h), chattr's S and A.</summary>
    public const int Mark = 0x08 | 0x80;

    private readonly HostPaths _paths = paths;

    /// <summary>Marks a file as shared, or takes the mark away.</summary>
    /// <exception cref="ErrnoException">EOPNOTSUPP, ENOTTY: its file system keeps no flags.</exception>
    public static void SetMark(string file, bool isShared)
    {
        using var descriptor = Libc.open(file, Libc.O_RDONLY | Libc.O_NOFOLLOW);
        var flags = 0;
        ErrnoException.ThrowIfFailed(Libc.ioctl_ref(descriptor, Libc.FS_IOC_GETFLAGS, ref flags), "ioctl(FS_IOC_GETFLAGS)", file);
        flags = isShared ? flags | Mark : flags & ~Mark;
        ErrnoException.ThrowIfFailed(Libc.ioctl_ref(descriptor, Libc.FS_IOC_SETFLAGS, ref flags), "ioctl(FS_IOC_SETFLAGS)", file);
    }

    /// <summary>A child in a scratch cgroup must be refused every change of a marked file, and only of that.</summary>
    protected override void SelfTest()
    {
        var (file, second) = ($"{_paths.VServers}/.self-test-{Environment.ProcessId}", $"{_paths.VServers}/.self-test-{Environment.ProcessId}-link");
        try
        {
            Share(file, second);
            AsVServer(scratch =>
            {
                var answer = Probe(SecurityProbeTool.ToolName, TopicName, scratch, file).Run();
                SelfTestAnswer.Check(answer, [.. SecurityProbeTool.Changes.Select(c => $"{c} {ErrnoNames.EPERM}"), "read 0"]);
                File.Delete(second);
                SelfTestAnswer.Check(Probe(SecurityProbeTool.ToolName, TopicName, scratch, file).Run(), "write 0");
            });
        }
        finally
        {
            File.Delete(file);
            File.Delete(second);
        }
    }

    private void Share(string file, string second)
    {
        File.WriteAllText(file, "shared");
        using var directory = Libc.open(_paths.VServers, Libc.O_RDONLY | Libc.O_DIRECTORY);
        ErrnoException.ThrowIfFailed(Libc.linkat(directory, Path.GetFileName(file), directory, Path.GetFileName(second), 0), "linkat", second);
        try
        {
            SetMark(file, isShared: true);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.EOPNOTSUPP or ErrnoNames.ENOTTY or ErrnoNames.EINVAL)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"{MountTable.Holding(_paths.VServers).FileSystem} on {_paths.VServers} keeps no flags of files ({ErrnoNames.NameOf(e.Errno)}), by which shared ones are known. ext4, xfs and btrfs do", e);
        }
    }
}
