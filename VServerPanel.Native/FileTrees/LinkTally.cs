using System.Runtime.InteropServices;

namespace VServerPanel.Native.FileTrees;

/// <summary>One name of an inode that has several.</summary>
/// <param name="Inode">Its number on the device.</param>
/// <param name="Device">The device, 12 bits major and 20 bits minor as the kernel packs them.</param>
/// <param name="Tree">The tree that the name is in.</param>
/// <param name="Links">How many names the inode has, wherever they are.</param>
/// <param name="IsFile">Whether it is a regular file: a symlink may have several names, too.</param>
/// <param name="HasSharedRanges">Whether its blocks are used by other inodes, too; those are told apart by <see cref="RangeTally"/>.</param>
/// <param name="Bytes">Its other blocks.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LinkedName(ulong Inode, uint Device, int Tree, uint Links, bool IsFile, bool HasSharedRanges, long Bytes)
{
    public bool IsSameInode(in LinkedName other) => Inode == other.Inode && Device == other.Device;

    public static int Compare(LinkedName a, LinkedName b) =>
        a.Inode != b.Inode ? (a.Inode < b.Inode ? -1 : 1) : a.Device != b.Device ? (a.Device < b.Device ? -1 : 1) : a.Tree.CompareTo(b.Tree);
}

/// <summary>Whom inodes with several links belong to.</summary>
internal static class LinkTally
{
    /// <summary>Adds the inodes to the totals of their trees.</summary>
    /// <returns>Bytes that are there once and used by several of the trees: what sharing saves.</returns>
    public static long Add(Span<LinkedName> names, IReadOnlyList<TreeTotals> totals)
    {
        names.Sort(LinkedName.Compare);
        long saved = 0;
        for (var start = 0; start < names.Length;)
        {
            var end = start + 1;
            var trees = 1;
            for (; end < names.Length && names[end].IsSameInode(names[start]); end++)
            {
                trees += names[end].Tree != names[end - 1].Tree ? 1 : 0;
            }

            AddInode(names[start..end], trees, totals);
            saved += (trees - 1) * names[start].Bytes;
            start = end;
        }

        return saved;
    }

    private static void AddInode(ReadOnlySpan<LinkedName> names, int trees, IReadOnlyList<TreeTotals> totals)
    {
        var isElsewhere = names.Length < names[0].Links;
        var users = trees + (isElsewhere ? 1 : 0);
        for (var i = 0; i < names.Length; i++)
        {
            if (i > 0 && names[i].Tree == names[i - 1].Tree)
            {
                continue;
            }

            var tree = totals[names[i].Tree];
            tree.Files += names[i].IsFile ? 1 : 0;
            tree.SharedFiles += names[i].IsFile && (users > 1 || names[i].HasSharedRanges) ? 1 : 0;
            if (users == 1)
            {
                tree.AddOwn(names[i].Bytes);
            }
            else
            {
                tree.AddShared(names[i].Bytes, users);
            }
        }
    }
}
