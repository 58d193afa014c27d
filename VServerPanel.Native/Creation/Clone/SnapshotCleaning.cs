using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Takes out of a snapshot what a copy would not have: device nodes, sockets, and the content of directories that are filled at each start.</summary>
/// <param name="emptied">Paths below the top.</param>
/// <param name="cancel">Ends it.</param>
internal sealed unsafe class SnapshotCleaning(IReadOnlySet<string> emptied, CancellationToken cancel)
{
    private const byte CharacterDevice = 2;
    private const byte BlockDevice = 6;
    private const byte Socket = 12;
    private const int Workers = 4;

    private readonly WorkStack<(OpenDirectory? Parent, byte[] Name, string Path)> _work = new();
    private long _entries;
    private long _leftOut;

    public long Entries => _entries;

    /// <summary>Device nodes, which no vserver may have.</summary>
    public long LeftOut => _leftOut;

    public void Run(string tree)
    {
        _work.Push((null, [0], ""));
        var workers = Enumerable.Range(0, Workers).Select(_ => new EntryReader()).ToList();
        try
        {
            _work.Run(workers, (reader, item) =>
            {
                cancel.ThrowIfCancellationRequested();
                var directory = new OpenDirectory(item.Parent is null ? Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW) : Open(item.Parent, item.Name));
                Clean(reader, directory, item.Path);
                directory.Release();
            });
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
        }
    }

    // nobody else has it: nothing in it changes
    private static SafeFileHandle Open(OpenDirectory parent, byte[] name)
    {
        fixed (byte* bytes = name)
        {
            var fd = Libc.OpenEntry(parent.Fd, bytes, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
            ErrnoException.ThrowIfFailed(fd, "openat", fd < 0 ? Libc.Text(bytes) : null);
            parent.Release();
            return new SafeFileHandle(fd, ownsHandle: true);
        }
    }

    private void Clean(EntryReader reader, OpenDirectory directory, string path)
    {
        if (emptied.Contains(path))
        {
            Empty(directory.Handle);
            return;
        }

        Libc.Statx? before = null;
        reader.Begin();
        while (reader.Next(directory.Fd))
        {
            Interlocked.Increment(ref _entries);
            if (reader.Type == EntryReader.Directory)
            {
                // only those at the top have a rule
                _work.Push((directory.Use(), reader.CopyName(), path.Length == 0 && emptied.Contains(reader.Text) ? reader.Text : $"{path}/"));
            }
            else if (reader.Type is CharacterDevice or BlockDevice or Socket)
            {
                Interlocked.Add(ref _leftOut, reader.Type == Socket ? 0 : 1);
                before ??= Libc.fstatx(directory.Handle);
                ErrnoException.ThrowIfFailed(Libc.unlinkat(directory.Fd, reader.Name, 0), "unlinkat", reader.Text);
            }
        }

        Restore(directory.Handle, before);
    }

    private static void Empty(SafeFileHandle directory)
    {
        var before = Libc.fstatx(directory);
        foreach (var entry in DirectoryReader.Read(directory))
        {
            TreeRemoval.RemoveAt(directory, entry.Name);
        }

        Restore(directory, before);
    }

    private static void Restore(SafeFileHandle directory, Libc.Statx? before)
    {
        if (before is { } stat)
        {
            var times = stackalloc Libc.Timespec[2];
            times[0] = times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
            ErrnoException.ThrowIfFailed(Libc.futimens(directory, times), "futimens");
        }
    }
}
