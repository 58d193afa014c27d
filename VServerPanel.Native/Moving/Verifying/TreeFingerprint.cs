using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Verifying;

/// <summary>What two trees are compared by, each on its own host.</summary>
/// <param name="Entries">Names in it.</param>
/// <param name="Bytes">Sizes of its files; one with several names once.</param>
/// <param name="Digest">SHA-256 over types, modes, owners, times, sizes, attributes, hard links, targets, and contents where asked for.</param>
internal sealed record TreeFingerprint(long Entries, long Bytes, string Digest)
{
    // what rsync can reach: open(2), ENAMETOOLONG
    private const int LongestPath = 4096;
    private const int BlockSize = 1 << 17;

    /// <summary>Walks a tree that nobody changes. Symlinks are not followed.</summary>
    /// <exception cref="ProblemException">Unsupported: names nested deeper than paths go.</exception>
    public static TreeFingerprint Of(string root, bool withContents, CancellationToken cancel)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        using var walk = new Walk(withContents, cancel);
        using var fd = Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        walk.Describe(fd, ".", ".", Libc.fstatx(fd));
        walk.Enter(fd, ".");
        return walk.Finish();
    }

    private sealed class Walk(bool withContents, CancellationToken cancel) : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly Dictionary<ulong, string> _firstNames = [];
        private long _entries;
        private long _bytes;

        public void Enter(SafeFileHandle directory, string path)
        {
            if (path.Length > LongestPath)
            {
                throw new ProblemException(ProblemCode.Unsupported, "A path in the tree is longer than any program can name.");
            }

            cancel.ThrowIfCancellationRequested();
            foreach (var entry in DirectoryReader.Read(directory).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                var name = $"{path}/{entry.Name}";
                var stat = Libc.statx(directory, entry.Name);
                _entries++;
                Describe(directory, entry.Name, name, stat);
                if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR)
                {
                    using var child = Libc.openat(directory, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                    Enter(child, name);
                }
            }
        }

        public void Describe(SafeFileHandle directory, string entry, string name, Libc.Statx stat)
        {
            var type = stat.Mode & Libc.S_IFMT;
            var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{name}\0{stat.Mode} {stat.Uid} {stat.Gid} {stat.Modify.Seconds}.{stat.Modify.Nanoseconds} {stat.RdevMajor}:{stat.RdevMinor}"));

            // marks of files that a host shares bind to its own inodes, and are not copied
            foreach (var attribute in Libc.XattrNames(directory, entry).Where(a => !a.StartsWith("trusted.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                line.Append(CultureInfo.InvariantCulture, $" {attribute}={Convert.ToHexString(Libc.Xattr(directory, entry, attribute) ?? [])}");
            }

            var isFirst = type == Libc.S_IFDIR || stat.LinkCount < 2 || _firstNames.TryAdd(stat.Inode, name);
            if (!isFirst)
            {
                line.Append(CultureInfo.InvariantCulture, $"\0same as {_firstNames[stat.Inode]}");
            }

            if (type == Libc.S_IFREG)
            {
                line.Append(CultureInfo.InvariantCulture, $" {stat.Size}");
                _bytes += isFirst ? (long)stat.Size : 0;
            }
            else if (type == Libc.S_IFLNK)
            {
                line.Append(CultureInfo.InvariantCulture, $"\0{Libc.ReadLink(directory, entry)}");
            }

            _hash.AppendData(MemoryMarshal.AsBytes<char>(line.Append('\n').ToString()));
            if (withContents && isFirst && type == Libc.S_IFREG)
            {
                AppendContent(directory, entry);
            }
        }

        public TreeFingerprint Finish() => new(_entries, _bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()));

        public void Dispose() => _hash.Dispose();

        private void AppendContent(SafeFileHandle directory, string entry)
        {
            using var file = Libc.openat(directory, entry, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
            var buffer = new byte[BlockSize];
            for (var offset = 0L; RandomAccess.Read(file, buffer, offset) is > 0 and var read; offset += read)
            {
                cancel.ThrowIfCancellationRequested();
                _hash.AppendData(buffer.AsSpan(0, read));
            }
        }
    }
}
