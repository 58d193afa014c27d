using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>How files are shared in a place, and why so.</summary>
/// <param name="Method">Null: nothing here can share files safely.</param>
/// <param name="Reason">Why this one, or what to do to get one; for people.</param>
internal sealed record SharingChoice(SharingMethod? Method, string Reason)
{
    /// <exception cref="ProblemException">Unsupported: there is none.</exception>
    public SharingMethod Require() => Method ?? throw new ProblemException(ProblemCode.Unsupported, Reason);
}

/// <summary>What the file system and the kernel can do, tried out and not believed.</summary>
internal static class SharingMethods
{
    private const string HowToProtect = "Boot the kernel with 'bpf' in its list of security modules (lsm=…,bpf)";
    private const string HowToGetOne = HowToProtect + ", or put /vservers on xfs or btrfs (vserver-setup --storage xfs).";
    private const string OrImmutable = "Or ask for immutable files (--method immutable), which vservers cannot upgrade themselves.";

    /// <summary>Chooses for a directory that the trees lie in.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="directory">Where they lie; <see cref="HostPaths.VServers"/> as a rule.</param>
    /// <param name="asked">The method that was asked for; null: the best there is. Immutable is never chosen by itself: vservers cannot upgrade such files.</param>
    /// <param name="isWithoutFlags">Whether inodes must not be marked (<c>--noflags</c>).</param>
    public static SharingChoice ChooseFor(HostPaths paths, string directory, SharingMethod? asked = null, bool isWithoutFlags = false)
    {
        var fileSystem = MountTable.Holding(directory).FileSystem;
        if ((asked is null or SharingMethod.Reflink) && Creation.Clone.Reflink.IsSupportedAt(directory))
        {
            return new SharingChoice(SharingMethod.Reflink, $"{fileSystem} shares blocks between files (reflink): each vserver keeps files of its own, and nothing can be changed through them.");
        }

        if (asked == SharingMethod.Reflink)
        {
            return new SharingChoice(null, $"{fileSystem} on {directory} cannot share blocks between files (reflink). xfs and btrfs can: vserver-setup --storage xfs.");
        }

        if (isWithoutFlags)
        {
            return new SharingChoice(null, $"Without flags (--noflags) a file shared by hard links could be changed from inside any vserver for all of them. {(asked is null ? $"{fileSystem} on {directory} has no reflinks, which need no flags." : "Leave out --noflags or --method.")}");
        }

        if (asked == SharingMethod.Immutable)
        {
            return WhyNoFlags(directory) is { } fault
                ? new SharingChoice(null, fault)
                : new SharingChoice(SharingMethod.Immutable, "Hard links to immutable files, as asked for: safe, but a vserver cannot upgrade packages with such files itself.");
        }

        if (new Iunlink(paths).WhyNot() is { } why)
        {
            var unprotected = $"the kernel does not protect hard links ({why.TrimEnd('.')})";
            return new SharingChoice(null, asked == SharingMethod.HardLink
                ? $"Files cannot be shared safely by hard links here: {unprotected}. {HowToProtect}, or leave out --method. {OrImmutable}"
                : $"Files cannot be shared safely here: {fileSystem} on {directory} has no reflinks, and {unprotected}. {HowToGetOne} {OrImmutable}");
        }

        return new SharingChoice(SharingMethod.HardLink, "Hard links that the kernel protects (immutable-linkage-invert): a vserver can replace a shared file, and cannot change it.");
    }

    private static string? WhyNoFlags(string directory)
    {
        try
        {
            using var file = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR, 0b110_000_000);
            var flags = 0;
            ErrnoException.ThrowIfFailed(Libc.ioctl_ref(file, Libc.FS_IOC_GETFLAGS, ref flags), "ioctl(FS_IOC_GETFLAGS)", directory);
            var immutable = flags | Libc.FS_IMMUTABLE_FL;
            ErrnoException.ThrowIfFailed(Libc.ioctl_ref(file, Libc.FS_IOC_SETFLAGS, ref immutable), "ioctl(FS_IOC_SETFLAGS)", directory);
            ErrnoException.ThrowIfFailed(Libc.ioctl_ref(file, Libc.FS_IOC_SETFLAGS, ref flags), "ioctl(FS_IOC_SETFLAGS)", directory);
            return null;
        }
        catch (ErrnoException e)
        {
            return $"{MountTable.Holding(directory).FileSystem} on {directory} keeps no immutable flag: {e.Message}.";
        }
    }
}
