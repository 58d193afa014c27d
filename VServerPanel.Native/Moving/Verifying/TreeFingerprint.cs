using System.Buffers.Binary;
using System.Security.Cryptography;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Moving.Verifying;

/// <summary>What two trees are compared by, each on its own host.</summary>
/// <param name="Entries">Names in it.</param>
/// <param name="Bytes">Sizes of its files; one with several names once.</param>
/// <param name="Digest">SHA-256 over types, modes, owners, times, sizes, attributes, hard links, targets, and contents where asked for.</param>
/// <remarks>Its directories are read by several threads, in whatever order: the digest is over those of the directories, in the order of their paths' digests, and then over
/// the names that each inode of several has. What is kept of a name is of one size, whatever a guest's names and attributes are.</remarks>
internal sealed record TreeFingerprint(long Entries, long Bytes, string Digest)
{
    /// <summary>Of this way of copying and comparing: with another number, what one host sends the other does not take, or the digest of the same tree is another.</summary>
    public const int Number = 3;

    /// <summary>Walks a tree that nobody changes. Symlinks are not followed.</summary>
    /// <exception cref="ProblemException">Unsupported: names nested deeper than paths go.</exception>
    /// <exception cref="ErrnoException">Something in it cannot be read, or was removed meanwhile.</exception>
    public static TreeFingerprint Of(string root, bool withContents, CancellationToken cancel)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        var top = new OpenDirectory(Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW));
        var contents = withContents ? new FileContents() : null;
        var work = new WorkStack<FoundDirectory>();
        var workers = Enumerable.Range(0, ParallelWork.DefaultWalkers).Select(_ => new FingerprintWorker(work, contents, cancel)).ToList();
        try
        {
            work.Push(new FoundDirectory(top.Use(), [.. "."u8, 0], new byte[SHA256.HashSizeInBytes], 0));
            work.Run(workers, (worker, directory) => worker.Read(directory));
            return Sum(workers);
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
            top.Release();
        }
    }

    private static TreeFingerprint Sum(List<FingerprintWorker> workers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var directories = workers.SelectMany(w => w.Directories).ToArray();
        Array.Sort(directories, static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        foreach (var directory in directories)
        {
            hash.AppendData(directory.Path);
            hash.AppendData(directory.Digest);
        }

        var linked = AppendLinks(hash, [.. workers.SelectMany(w => w.Links)]);
        return new TreeFingerprint(workers.Sum(w => w.Entries), workers.Sum(w => w.Bytes) + linked, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Which names are of one inode: told by the names, since numbers differ from host to host.</summary>
    /// <returns>The bytes of these inodes.</returns>
    private static long AppendLinks(IncrementalHash hash, LinkedEntry[] links)
    {
        Array.Sort(links, LinkedEntry.Compare);
        var first = new List<(UInt128 Name, int From, int To)>();
        for (int from = 0, to; from < links.Length; from = to)
        {
            for (to = from + 1; to < links.Length && links[to].IsSameInode(links[from]); to++)
            {
            }

            first.Add((links[from].Name, from, to));
        }

        first.Sort();
        long bytes = 0;
        Span<byte> record = stackalloc byte[16];
        foreach (var (_, from, to) in first)
        {
            bytes += links[from].Size;
            if (to - from == 1)
            {
                // its other names are in other trees, and none of what is compared
                continue;
            }

            BinaryPrimitives.WriteInt32LittleEndian(record, to - from);
            hash.AppendData(record[..4]);
            foreach (var link in links.AsSpan(from, to - from))
            {
                BinaryPrimitives.WriteUInt128LittleEndian(record, link.Name);
                hash.AppendData(record);
            }
        }

        return bytes;
    }
}
