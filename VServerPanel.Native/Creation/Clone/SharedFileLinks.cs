using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Further links to files that the host made to be shared. Any other file of a guest's is copied: it may be open for writing in there.</summary>
internal sealed unsafe class SharedFileLinks
{
    private readonly bool _isImmutable;
    private readonly Exclusions _exclusions;

    // an inode may have two names in the source: not frozen by one thread before the other has linked it
    private readonly Lock[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    /// <param name="isImmutable">Whether they are protected by the immutable flag, rather than by the kernel's programs.</param>
    /// <param name="exclusions">Directories whose files are each vserver's own.</param>
    public SharedFileLinks(bool isImmutable, Exclusions exclusions)
    {
        (_isImmutable, _exclusions) = (isImmutable, exclusions);
        OpenedFile.IgnoreSignals();
    }

    /// <summary>Links an open file of the source into the copy; false where it must be copied.</summary>
    /// <param name="file">It; where the answer is true its lease goes when it is closed, which the caller does.</param>
    /// <param name="stat">What it is.</param>
    /// <param name="directory">The directory of both.</param>
    /// <param name="name">Its name.</param>
    public bool TryLink(int file, in Libc.Statx stat, CopiedDirectory directory, byte* name)
    {
        if (directory.IsOwn(_exclusions) || !SharedMark.IsOn(file, stat, _isImmutable))
        {
            return false;
        }

        if (_isImmutable)
        {
            lock (_gates[stat.Inode % (ulong)_gates.Length])
            {
                return LinkUnwatched(file, directory, name);
            }
        }

        // the last link to a shared file is an ordinary file again, which its guest may have open for writing
        return stat.LinkCount > 1 ? LinkProtected(file, directory, name) : LinkUnwatched(file, directory, name);
    }

    /// <summary>Links a file that was protected when it was looked at. Where the other links have gone since, its guest may have opened it for writing: a lease is refused then.</summary>
    private static bool LinkProtected(int file, CopiedDirectory directory, byte* name)
    {
        if (!Link(file, directory, name))
        {
            return false;
        }

        if (OpenedFile.TakeLease(file))
        {
            return true;
        }

        ErrnoException.ThrowIfFailed(Libc.unlinkat(directory.TargetFd, name, 0), "unlinkat", Libc.Text(name));
        return false;
    }

    /// <summary>Links a file that its guests may write to until it has the link. A read lease (fcntl(2)) is refused while it is open for writing, so one is taken
    /// before, and a new one after: whoever got in between is seen by that, for the kernel counts a writer before it asks anybody whether he may.</summary>
    private bool LinkUnwatched(int file, CopiedDirectory directory, byte* name)
    {
        if (!OpenedFile.TakeLease(file))
        {
            return false;
        }

        var isLinked = _isImmutable ? LinkThawed(file, directory, name) : Link(file, directory, name);
        OpenedFile.EndLease(file);
        if (!isLinked || OpenedFile.TakeLease(file))
        {
            return isLinked;
        }

        ErrnoException.ThrowIfFailed(Libc.unlinkat(directory.TargetFd, name, 0), "unlinkat", Libc.Text(name));
        return false;
    }

    private static bool LinkThawed(int file, CopiedDirectory directory, byte* name)
    {
        FaultPoint.Reach();
        var flags = SharedMark.Thaw(file);
        try
        {
            FaultPoint.Reach();
            return Link(file, directory, name);
        }
        finally
        {
            FaultPoint.Reach();
            SharedMark.SetFlags(file, flags);
        }
    }

    private static bool Link(int file, CopiedDirectory directory, byte* name)
    {
        // the inode that was looked at, whatever has its name now
        byte empty = 0;
        if (Libc.linkat(file, &empty, directory.TargetFd, name, Libc.AT_EMPTY_PATH) == 0)
        {
            return true;
        }

        // EXDEV: another file system or subvolume; EMLINK: it has as many as it can have
        return Marshal.GetLastPInvokeError() is ErrnoNames.EXDEV or ErrnoNames.EMLINK ? false : throw ErrnoException.Last("linkat", Libc.Text(name));
    }
}
