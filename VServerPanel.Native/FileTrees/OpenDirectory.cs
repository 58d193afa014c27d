using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.FileTrees;

/// <summary>A directory that several threads open entries of: closed when the last has done so.</summary>
internal sealed class OpenDirectory(SafeFileHandle handle)
{
    private int _users = 1;

    public SafeFileHandle Handle => handle;

    /// <summary>The descriptor; good as long as the caller is one of its users.</summary>
    public int Fd { get; } = (int)handle.DangerousGetHandle();

    public OpenDirectory Use()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            handle.Dispose();
        }
    }
}
