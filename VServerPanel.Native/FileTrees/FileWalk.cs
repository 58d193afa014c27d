using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.FileTrees;

/// <summary>Visits the regular files of a tree that may change meanwhile, by several threads. Nothing is followed; what is gone by then is left out, and what lies deeper than paths go.</summary>
internal static class FileWalk
{
    // each level holds a descriptor
    private const int MaximumDepth = 1024;

    // open(2), ENAMETOOLONG
    private const int LongestPath = 4095;

    /// <param name="root">Absolute.</param>
    /// <param name="make">Makes the visitor of one thread.</param>
    /// <param name="cancel">Ends it.</param>
    /// <typeparam name="TVisitor">One for each thread.</typeparam>
    /// <typeparam name="TPlace">What is known of a directory.</typeparam>
    /// <returns>The visitors, with what they found.</returns>
    /// <exception cref="ErrnoException">A directory cannot be read.</exception>
    public static IReadOnlyList<TVisitor> Run<TVisitor, TPlace>(string root, Func<TVisitor> make, CancellationToken cancel)
        where TVisitor : IFileVisitor<TPlace>
    {
        using var openFiles = OpenFiles.RaiseLimit();
        var work = new WorkStack<Found<TPlace>>();
        var workers = Enumerable.Range(0, ParallelWork.DefaultWalkers).Select(_ => new Worker<TVisitor, TPlace>(work, make(), cancel)).ToList();
        try
        {
            work.Push(new Found<TPlace>(new OpenDirectory(Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW)), [.. "."u8, 0], 0, 0, default));
            work.Run(workers, (worker, found) => worker.Read(found));
            return [.. workers.Select(w => w.Visitor)];
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
        }
    }

    private readonly record struct Found<TPlace>(OpenDirectory Parent, byte[] Name, int Depth, int PathLength, TPlace? Above);

    private sealed unsafe class Worker<TVisitor, TPlace>(WorkStack<Found<TPlace>> work, TVisitor visitor, CancellationToken cancel) : IDisposable
        where TVisitor : IFileVisitor<TPlace>
    {
        private readonly EntryReader _reader = new();

        public TVisitor Visitor => visitor;

        public void Read(Found<TPlace> found)
        {
            cancel.ThrowIfCancellationRequested();
            if (found.Parent.LeaveFor(found.Name, out var errno) is not { } directory)
            {
                if (found.Depth > 0 && errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
                {
                    return;
                }

                throw new ErrnoException(errno, "openat", PathMarshaller.Decode(found.Name.AsSpan()[..^1]));
            }

            try
            {
                var place = visitor.Enter(directory, found.Depth == 0 ? [] : found.Name.AsSpan()[..^1], found.Above);
                _reader.Begin();
                while (_reader.Next(directory.Fd))
                {
                    if (_reader.Type == EntryReader.Directory)
                    {
                        Push(directory, found, place);
                    }
                    else if (_reader.Type is EntryReader.Regular or EntryReader.Unknown)
                    {
                        Look(directory, found, place);
                    }
                }
            }
            finally
            {
                directory.Release();
            }
        }

        public void Dispose() => _reader.Dispose();

        private void Push(OpenDirectory directory, in Found<TPlace> found, TPlace place)
        {
            var name = _reader.CopyName();
            var length = found.PathLength + name.Length;
            if (found.Depth < MaximumDepth && length <= LongestPath)
            {
                work.Push(new Found<TPlace>(directory.Use(), name, found.Depth + 1, length, place));
            }
        }

        private void Look(OpenDirectory directory, in Found<TPlace> found, TPlace place)
        {
            if (!Libc.TryStatx(directory.Fd, _reader.Name, out var stat))
            {
                return;
            }

            // of file systems that tell no types of names
            if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR)
            {
                Push(directory, found, place);
            }
            else if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFREG)
            {
                visitor.Look(_reader, stat, place);
            }
        }
    }
}

/// <summary>What one thread of a <see cref="FileWalk"/> does.</summary>
/// <typeparam name="TPlace">What is known of a directory.</typeparam>
internal interface IFileVisitor<TPlace>
{
    /// <summary>A directory is read now.</summary>
    /// <param name="directory">Open.</param>
    /// <param name="name">In the one above; empty: the root.</param>
    /// <param name="above">What is known of the one above; nothing for the root.</param>
    /// <returns>What is known of this one.</returns>
    TPlace Enter(OpenDirectory directory, ReadOnlySpan<byte> name, TPlace? above);

    /// <summary>A regular file.</summary>
    /// <param name="entry">Its name.</param>
    /// <param name="stat">Of it.</param>
    /// <param name="place">Of its directory.</param>
    void Look(EntryReader entry, in Libc.Statx stat, TPlace place);
}
