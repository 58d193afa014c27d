using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>Where an archive's root was below its top: on btrfs the top is a subvolume, and the root must become its content, for no rename leaves a subvolume.</summary>
internal static class RootLift
{
    private const string Aside = ".vserver-root";

    /// <returns>The tree's path.</returns>
    public static string Lift(string tree, string inner)
    {
        using var top = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (!Subvolume.IsTop(top))
        {
            return $"{tree}/{inner}";
        }

        TreeRemoval.RemoveAt(top, Aside);
        Rename(inner, Aside);
        foreach (var entry in DirectoryReader.Read(top).Where(e => e.Name != Aside))
        {
            TreeRemoval.RemoveAt(top, entry.Name);
        }

        using (var root = Libc.openat(top, Aside, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            var stat = Libc.fstatx(root);
            foreach (var entry in DirectoryReader.Read(root))
            {
                Rename($"{Aside}/{entry.Name}", entry.Name);
            }

            ErrnoException.ThrowIfFailed(Libc.unlinkat(top, Aside, Libc.AT_REMOVEDIR), "unlinkat", Aside);
            new EntryMetadata(stat.Mode & 0xfffu, stat.Uid, stat.Gid, stat.Modify.Seconds, stat.Modify.Nanoseconds, []).Apply(top, ".", isSymlink: false);
        }

        return tree;

        void Rename(string from, string to) =>
            ErrnoException.ThrowIfFailed(Libc.renameat2((int)top.DangerousGetHandle(), from, (int)top.DangerousGetHandle(), to, Libc.RENAME_NOREPLACE), "renameat2", to);
    }
}
