using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary>
/// Lets this process, and programs that it starts, signal into vservers, where isolation refuses that to the rest of the host. For recorded steps:
/// <see cref="Operations.OperationRunner"/> takes it for each operation. It ends with the process at the latest, and is no child's child's.
/// </summary>
internal sealed class SignalAllowance : IDisposable
{
    // one process may be at work on several vservers at once: who ends first must not take it from the others
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, int> s_takers = new(StringComparer.Ordinal);

    private readonly HostPaths _paths;
    private readonly bool _isSuspended;
    private readonly bool _isTaker;

    private SignalAllowance(HostPaths paths, bool isSuspended, bool isTaker) => (_paths, _isSuspended, _isTaker) = (paths, isSuspended, isTaker);

    /// <summary>Takes it until it is disposed; does nothing where isolation is not in force.</summary>
    public static SignalAllowance Take(HostPaths paths)
    {
        lock (s_gate)
        {
            s_takers[paths.Run] = s_takers.GetValueOrDefault(paths.Run) + 1;
            Set(paths, isAllowed: true);
        }

        return new SignalAllowance(paths, isSuspended: false, isTaker: true);
    }

    /// <summary>Asks again for who has taken it already, when nothing may have been loaded yet.</summary>
    public static void Renew(HostPaths paths) => Set(paths, isAllowed: true);

    /// <summary>Takes it from this process until it is disposed.</summary>
    public static SignalAllowance Suspend(HostPaths paths) => new(paths, Set(paths, isAllowed: false), isTaker: false);

    public void Dispose()
    {
        lock (s_gate)
        {
            if (_isTaker && --s_takers[_paths.Run] > 0)
            {
                return;
            }

            Set(_paths, _isSuspended);
        }
    }

    /// <returns>Whether it changed something.</returns>
    private static bool Set(HostPaths paths, bool isAllowed)
    {
        var pin = $"{BpfFileSystem.MountPoint}{paths.CgroupParent}/{Isolation.TopicName}/map_signallers";
        if (!File.Exists(pin))
        {
            return false;
        }

        try
        {
            // the key of a task's storage is a descriptor of it (bpf(2), BPF_MAP_TYPE_TASK_STORAGE); the programs look at a thread group's first task
            using var self = Libc.OpenProcess(Environment.ProcessId);
            using var map = PinnedMap<int, uint>.TryOpen(pin);
            if (self is null || map is null)
            {
                return false;
            }

            var key = (int)self.DangerousGetHandle();
            if (isAllowed)
            {
                map.Set(key, 1);
                return true;
            }

            var had = map.Find(key) is not null;
            map.Remove(key);
            return had;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            // what is refused then says so itself
            return false;
        }
    }
}
