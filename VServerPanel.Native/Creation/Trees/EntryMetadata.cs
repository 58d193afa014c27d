using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>What a file system entry has beside its name and content.</summary>
/// <param name="Mode">Permission bits with set-id and sticky, without the type.</param>
/// <param name="Uid">The guest's own number: trees are not shifted.</param>
/// <param name="Gid">The same for its group.</param>
/// <param name="Seconds">Modification time since 1970.</param>
/// <param name="Nanoseconds">Its fraction.</param>
/// <param name="Attributes">Extended attributes, ACLs among them.</param>
internal sealed record EntryMetadata(uint Mode, uint Uid, uint Gid, long Seconds, long Nanoseconds, IReadOnlyList<KeyValuePair<string, byte[]>> Attributes)
{
    public static EntryMetadata Plain(uint mode) => new(mode, 0, 0, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 0, []);

    /// <summary>Which attributes a tree takes over: capabilities, ACLs and the users' own. Labels of the host's security modules are the host's.</summary>
    public static bool IsKept(string attribute) =>
        attribute is "security.capability" or "system.posix_acl_access" or "system.posix_acl_default" || attribute.StartsWith("user.", StringComparison.Ordinal);

    /// <summary>Gives it to an entry, and never to what a symlink points to.</summary>
    public unsafe void Apply(SafeFileHandle directory, string name, bool isSymlink)
    {
        // the owner first: chown(2) clears set-id bits and capabilities
        ErrnoException.ThrowIfFailed(Libc.fchownat(directory, name, Uid, Gid, Libc.AT_SYMLINK_NOFOLLOW), "fchownat", name);
        if (!isSymlink)
        {
            // the entry is ours alone and was made as no symlink; fchmodat without flags is the one that every kernel has
            ErrnoException.ThrowIfFailed(Libc.fchmodat(directory, name, Mode, 0), "fchmodat", name);
        }

        foreach (var (attribute, value) in Attributes)
        {
            // a file system without them is said by vserver-info; symlinks have no user.* (xattr(7))
            _ = (isSymlink && attribute.StartsWith("user.", StringComparison.Ordinal)) || Libc.SetXattr(directory, name, attribute, value);
        }

        var times = stackalloc Libc.Timespec[2];
        times[0] = times[1] = new Libc.Timespec { Seconds = Seconds, Nanoseconds = Nanoseconds };
        ErrnoException.ThrowIfFailed(Libc.utimensat(directory, name, times, Libc.AT_SYMLINK_NOFOLLOW), "utimensat", name);
    }
}
