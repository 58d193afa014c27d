using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Where a running vserver has its files: <c>/var/run/vservers/.by-id/ID</c>, which its monitor and its runtime know by its path; and the link to
/// there under its name, which is all that changes when it is renamed.</summary>
internal sealed class RunPlace(HostPaths paths, VServerName name)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Link => paths.RunDirectoryOf(name);

    /// <summary>Makes it, empty. Nothing may be under the name but a link that leads nowhere.</summary>
    /// <exception cref="ProblemException">Busy: one that runs under another name has the same id.</exception>
    public void Make(Guid id)
    {
        var handle = HostPaths.HandleOf(id);
        if (new RunStateStore(paths).Find(handle) is { } other && (other.IsAlive || other.IsOwned))
        {
            throw new ProblemException(ProblemCode.Busy, $"{new RunNames(paths).Find(handle)?.Value ?? "Another"} has the same id {id}, and runs. Two entries in '{paths.RegistryDirectory}' have it; the one of {name} is to be removed, if that is the copy.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(paths.DirectoryOf(handle))!, Private);
        using (var run = Libc.open(paths.Run, Libc.O_PATH | Libc.O_DIRECTORY))
        {
            File.Delete(Link);
            ErrnoException.ThrowIfFailed(Libc.symlinkat(handle, run, name.Value), "symlinkat", Link);
        }

        FaultPoint.Reach();

        // of one that was cleared away by hand
        TreeRemoval.Remove(paths.DirectoryOf(handle));
        Directory.CreateDirectory(paths.DirectoryOf(handle), Private);
    }

    /// <summary>Removes it; the link last, since it says what else there is.</summary>
    public void Remove()
    {
        var handle = paths.HandleOf(name);
        if (HostPaths.IsById(handle))
        {
            TreeRemoval.Remove(paths.DirectoryOf(handle));
            File.Delete(Link);
        }
        else
        {
            TreeRemoval.Remove(Link);
        }
    }
}
