using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>The locks of an operation's vservers, always taken in the order of their names.</summary>
internal sealed class VServerLocks : IDisposable
{
    private readonly List<FileLock> _held = [];

    public static VServerLocks Acquire(HostPaths paths, OperationKind kind, CancellationToken cancel = default)
    {
        var locks = new VServerLocks();
        try
        {
            var names = kind.AlsoLocked.Concat(kind.IsLocked ? ((VServerName?[])[kind.VServer, kind.NewName]).OfType<VServerName>() : []);
            foreach (var name in names.Distinct().OrderBy(n => n.Value, StringComparer.Ordinal))
            {
                locks._held.Add(FileLock.Acquire(PathOf(paths, name), kind.Patience, name.Value, cancel));
            }

            return locks;
        }
        catch
        {
            locks.Dispose();
            throw;
        }
    }

    /// <summary>The lock file of a vserver.</summary>
    public static string PathOf(HostPaths paths, VServerName name) => $"{paths.Locks}/{name}";

    public void Dispose()
    {
        foreach (var held in _held)
        {
            held.Dispose();
        }
    }
}
