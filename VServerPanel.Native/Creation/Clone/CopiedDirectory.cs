using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>A directory that is being copied: open until all that is below it has been.</summary>
internal sealed class CopiedDirectory
{
    // itself, and each directory in it
    private int _unfinished = 1;
    private bool? _isOwn;

    /// <summary>The top; its handles are the caller's.</summary>
    public CopiedDirectory(SafeFileHandle source, SafeFileHandle target, in Libc.Statx stat) => (Source, Target, Stat, Name, Path) = (source, target, stat, [0], "");

    public CopiedDirectory(CopiedDirectory parent, EntryReader entry)
    {
        (Parent, Name, Depth) = (parent, entry.CopyName(), parent.Depth + 1);
        Path = parent.Path.Length == 0 ? entry.Text : $"{parent.Path}/{entry.Text}";
        Interlocked.Increment(ref parent._unfinished);
    }

    public CopiedDirectory? Parent { get; }

    /// <summary>Its name, zero-ended.</summary>
    public byte[] Name { get; }

    /// <summary>Its path below the top.</summary>
    public string Path { get; }

    public int Depth { get; }

    public SafeFileHandle? Source { get; set; }

    public SafeFileHandle? Target { get; set; }

    public int SourceFd => (int)Source!.DangerousGetHandle();

    public int TargetFd => (int)Target!.DangerousGetHandle();

    /// <summary>Of the source.</summary>
    public Libc.Statx Stat { get; set; }

    /// <summary>Whether its files are each vserver's own.</summary>
    public bool IsOwn(Exclusions exclusions) => _isOwn ??= exclusions.IsExcluded(Encode(), Parent?.IsOwn(exclusions) ?? false);

    /// <summary>Takes one off what is unfinished; true for the last.</summary>
    public bool IsLast() => Interlocked.Decrement(ref _unfinished) == 0;

    private byte[] Encode()
    {
        var bytes = new byte[Path.Length * 3];
        return bytes[..PathMarshaller.Encode(Path, bytes)];
    }

    public void Close()
    {
        Source?.Dispose();
        if (Parent is not null)
        {
            Target?.Dispose();
        }
    }
}

/// <summary>A file of several names: held while the first is copied.</summary>
internal sealed class LinkedFile
{
    /// <summary>The first name's path below the top; null while there is none.</summary>
    public string? Path { get; set; }
}
