using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>All that a tree is, as comparable lines: type, mode, owner, times, extended attributes, hard links, holes, content.</summary>
internal static class TreeSnapshot
{
    /// <param name="root">The tree.</param>
    /// <param name="withTimes">Whether modification times belong to it (of directories too).</param>
    public static IReadOnlyList<string> Take(string root, bool withTimes = false)
    {
        var lines = new List<string>();
        var firstNames = new Dictionary<ulong, string>();
        using var fd = Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Walk(fd, ".", lines, firstNames, withTimes);
        return lines;
    }

    private static void Walk(SafeFileHandle directory, string path, List<string> lines, Dictionary<ulong, string> firstNames, bool withTimes)
    {
        foreach (var entry in DirectoryReader.Read(directory).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var name = $"{path}/{entry.Name}";
            var stat = Libc.statx(directory, entry.Name);
            var type = stat.Mode & Libc.S_IFMT;
            var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{name} {Convert.ToString(stat.Mode, 8)} {stat.Uid}:{stat.Gid}"));
            if (withTimes)
            {
                line.Append(CultureInfo.InvariantCulture, $" {stat.Modify.Seconds}.{stat.Modify.Nanoseconds:d9}");
            }

            // xfs tells of its ACLs twice
            foreach (var attribute in Libc.XattrNames(directory, entry.Name).Where(n => !n.StartsWith("trusted.SGI_ACL_", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                line.Append(CultureInfo.InvariantCulture, $" {attribute}={Convert.ToHexString(Libc.Xattr(directory, entry.Name, attribute)!)}");
            }

            if (type != Libc.S_IFDIR && stat.LinkCount > 1)
            {
                line.Append(CultureInfo.InvariantCulture, $" same-as={(firstNames.TryGetValue(stat.Inode, out var first) ? first : firstNames[stat.Inode] = name)}");
            }

            if (type == Libc.S_IFREG)
            {
                using var file = Libc.openat(directory, entry.Name, Libc.O_RDONLY | Libc.O_NOFOLLOW);
                var content = new byte[stat.Size];
                RandomAccess.Read(file, content, 0);
                line.Append(CultureInfo.InvariantCulture, $" {stat.Size} {Convert.ToHexString(SHA256.HashData(content))[..16]}");
            }
            else if (type == Libc.S_IFLNK)
            {
                line.Append($" -> {Libc.ReadLink(directory, entry.Name)}");
            }

            lines.Add(line.ToString());
            if (type == Libc.S_IFDIR)
            {
                using var child = Libc.openat(directory, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Walk(child, name, lines, firstNames, withTimes);
            }
        }
    }
}
