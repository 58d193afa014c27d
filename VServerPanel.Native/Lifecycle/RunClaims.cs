using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Things of which only one running vserver may have each: a symlink KEY → HANDLE in a directory of /var/run/vservers. Making one is
/// atomic and needs no lock, however many start at once.</summary>
internal sealed class RunClaims(HostPaths paths, string kind)
{
    private string Directory { get; } = $"{paths.Run}/.{kind}";

    /// <summary>Takes <paramref name="key"/>; false where a vserver that runs or starts has it. The caller holds <paramref name="name"/>'s lock.</summary>
    public bool TryTake(string key, VServerName name)
    {
        System.IO.Directory.CreateDirectory(Directory);
        using var directory = Libc.open(Directory, Libc.O_PATH | Libc.O_DIRECTORY);
        var own = paths.HandleOf(name);
        while (Libc.symlinkat(own, directory, key) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != ErrnoNames.EEXIST)
            {
                throw new ErrnoException(errno, "symlinkat", $"{Directory}/{key}");
            }

            var owner = HandleIn(key);
            if (string.Equals(owner, own, StringComparison.Ordinal))
            {
                return true;
            }

            if (IsInUse(owner))
            {
                return false;
            }

            // Left behind by one that is gone. Looked at again under a lock: another may have taken it over meanwhile, and his must stay.
            using var gate = FileLock.Acquire($"{paths.Locks}/.claims", TimeSpan.FromSeconds(10), "claims of addresses and contexts");
            if (HandleIn(key) == owner && !IsInUse(owner))
            {
                File.Delete($"{Directory}/{key}");
            }
        }

        return true;
    }

    /// <summary>Gives it back, if it is this vserver's.</summary>
    public void Release(string key, VServerName name)
    {
        if (IsOwn(key, name))
        {
            File.Delete($"{Directory}/{key}");
        }
    }

    /// <summary>Whether a vserver that runs or starts has it.</summary>
    public bool IsTaken(string key) => IsInUse(HandleIn(key));

    /// <summary>Whether this vserver has it.</summary>
    public bool IsOwn(string key, VServerName name) => HandleIn(key) == paths.HandleOf(name);

    /// <summary>Another vserver that runs or starts and has it; null where there is none.</summary>
    public string? OtherUserOf(string key, VServerName name) => HandleIn(key) is { } owner && owner != paths.HandleOf(name) && IsInUse(owner) ? NameOf(owner) : null;

    /// <summary>Who has it; null where it is free.</summary>
    public string? OwnerOf(string key) => HandleIn(key) is { } owner ? NameOf(owner) : null;

    private string NameOf(string handle) => new RunNames(paths).Find(handle)?.Value ?? handle;

    private string? HandleIn(string key) => new FileInfo($"{Directory}/{key}").LinkTarget;

    private bool IsInUse(string? handle) => handle is not null && new RunStateStore(paths).Find(handle) is { } state && (state.IsAlive || state.IsOwned);
}
