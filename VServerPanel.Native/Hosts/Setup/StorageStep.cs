using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>A file system with shared extents for the vservers, where the host's own has none: an xfs image, mounted on /vservers.</summary>
internal sealed class StorageStep(HostPaths paths, long size) : SetupStep
{
    public const long MinimumSize = 300L << 20; // mkfs.xfs 6.1 refuses less
    public const string Comment = "VServerPanel: storage of the vservers, an image with shared extents";

    public override string Title => "Storage";

    private string Image => paths.State + "/storage.xfs";

    /// <exception cref="ProblemException">It cannot be made here; nothing was changed.</exception>
    public override IReadOnlyList<string> Missing()
    {
        if (MountTable.At(paths.VServers) is { FileSystem: "xfs" } mount && mount.Source.StartsWith("/dev/loop", StringComparison.Ordinal))
        {
            return [];
        }

        if (File.Exists(Image))
        {
            return [$"Mount {Image} on {paths.VServers}"];
        }

        Refuse();
        return
        [
            $"Make {Image}, an xfs file system of {ByteSize.Format(size)} that takes room as it fills",
            $"Mount it on {paths.VServers} with {HardenedMountStep.Options}",
        ];
    }

    public override void Apply()
    {
        if (!File.Exists(Image))
        {
            Refuse();
            MakeImage();
        }

        Directory.CreateDirectory(paths.VServers);
        if (MountTable.At(paths.VServers) is not null)
        {
            // the empty bind mount of an earlier setup
            Run("umount", paths.VServers);
        }

        Run("mount", "-t", "xfs", "-o", $"loop,{HardenedMountStep.Options}", Image, paths.VServers);
        ErrnoException.ThrowIfFailed(Libc.chmod(paths.VServers, 0b111_000_000), "chmod", paths.VServers);
        if (paths.Prefix.Length == 0)
        {
            Fstab.Remove(paths.VServers, HardenedMountStep.Comment);
            if (Fstab.Find(paths.VServers) is null)
            {
                Fstab.Append($"{Image} {paths.VServers} xfs loop,{HardenedMountStep.Options} 0 0", Comment);
            }
        }
    }

    private void MakeImage()
    {
        var draft = Image + ".new";
        try
        {
            using (var file = File.Create(draft))
            {
                ErrnoException.ThrowIfFailed(Libc.fchmod(file.SafeFileHandle, 0b110_000_000), "fchmod", draft);
                file.SetLength(size);
            }

            Run("mkfs.xfs", "-q", "-m", "reflink=1", "-L", "vservers", draft);
            File.Move(draft, Image);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private void Refuse()
    {
        ChildProcess.Require("mkfs.xfs", "xfsprogs");
        if (Directory.Exists(paths.VServers) && Directory.EnumerateFileSystemEntries(paths.VServers).Any())
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"{paths.VServers} is not empty, and a new file system would hide what is in it. Move the vservers away first, or go on without --storage.", path: paths.VServers);
        }

        if (size < MinimumSize)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"An xfs file system has at least {ByteSize.Format(MinimumSize)}. Write --size 20G, for example.");
        }

        var free = new DriveInfo(paths.State).AvailableFreeSpace;
        if (size > free)
        {
            throw new ProblemException(ProblemCode.NoSpace, $"{paths.State} has {ByteSize.Format(free)} free, and {ByteSize.Format(size)} were asked for. Write a smaller --size.");
        }

        if (!File.Exists("/dev/loop-control"))
        {
            throw new ProblemException(ProblemCode.Unsupported, "This host has no loop devices (/dev/loop-control), so an image cannot be mounted. Load the module 'loop', or give /vservers a file system of its own.");
        }
    }

    private static void Run(string program, params string[] arguments) => new ChildProcess { Program = program, Arguments = arguments }.Run();
}
