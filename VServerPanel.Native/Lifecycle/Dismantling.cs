using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Takes apart what a start has made, wherever that got to. Everything in here may be done twice, and does nothing where nothing is.</summary>
internal sealed class Dismantling(HostPaths paths, VServerName name)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly RunStateStore _store = new(paths);
    private readonly string _handle = paths.HandleOf(name);

    private string Container => HostPaths.ContainerOf(_handle);

    private string Cgroup => $"{paths.CgroupParent}/{Container}";

    /// <summary>Claims of addresses, one vserver each.</summary>
    public static RunClaims AddressClaims(HostPaths paths) => new(paths, "addresses");

    /// <exception cref="ProblemException">TimedOut: a process does not end, as one that hangs in the kernel.</exception>
    public void EndProcesses()
    {
        var state = _store.Find(name);
        var runtime = new IsolationRuntime(paths);
        var cgroups = CgroupTree.Detect();
        if (state is { Stage: RunStage.Starting } && (state.Monitor is null || state.Init is null))
        {
            // the start was cut off while these were at work: they must not go on behind our back
            KillBundleUsers();
        }

        // kept until its processes are gone, so that we can see to its link ourselves
        using var network = NetworkOf(state);
        KillInit(state);
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        for (var wait = 1; !IsGone(state, runtime, cgroups); wait = Math.Min(wait * 2, 100))
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new ProblemException(ProblemCode.TimedOut, $"Processes of {name} do not end, or its cgroup cannot be removed. A process that waits in the kernel (state D in 'ps') can be the reason.");
            }

            Thread.Sleep(wait);
        }

        network?.RemoveLink();
    }

    public void Clear()
    {
        new Kernel.Ipv4Root(paths).RemoveGone();
        new Kernel.Contexts(paths).RemoveGone();
        new Contexts.ContextGroups(paths).RemoveEmpty();
        if (_store.Find(name) is { } state)
        {
            AddressAssignment.Remove(state.Addresses);
            state.HostEnd?.Remove();
            var claims = AddressClaims(paths);
            foreach (var address in state.Claims)
            {
                claims.Release(address, name);
            }

            new ContextNumbers(paths).Release(state.Context, name);
        }

        File.Delete(paths.ContextOf(name));
        ConsoleFiles.Settle(paths, name);
        new RunPlace(paths, name).Remove();
    }

    private static GuestNetwork? NetworkOf(RunState? state)
    {
        try
        {
            var network = state is { Network: NetworkMode.Private, IsAlive: true, Init: { } init } ? GuestNetwork.Of(init.Pid) : null;
            if (network is null || state!.IsAlive)
            {
                return network;
            }

            // not of the process that was written down
            network.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            // it has ended meanwhile: the kernel sees to the link when it clears up
            return null;
        }
    }

    private static void KillInit(RunState? state)
    {
        // with process 1 its whole pid namespace ends (pid_namespaces(7))
        if (state is { IsAlive: true, Init: { } init } && Libc.OpenProcess(init.Pid) is { } handle)
        {
            using (handle)
            {
                // opened, then looked at again: the descriptor is of the process that was written down
                if (state.IsAlive)
                {
                    Libc.Signal(handle, Libc.SIGKILL);
                    Libc.WaitReadable(handle, TimeSpan.FromSeconds(5));
                }
            }
        }
    }

    private bool IsGone(RunState? state, IsolationRuntime runtime, CgroupTree cgroups)
    {
        if (WaitForMonitor(state) && !runtime.Exists(Container) && cgroups.Remove(Cgroup))
        {
            return true;
        }

        foreach (var pid in cgroups.Processes(Cgroup))
        {
            _ = Libc.kill(pid, Libc.SIGKILL);
        }

        return runtime.Delete(Container) && cgroups.Remove(Cgroup) && WaitForMonitor(state);
    }

    // it calls our exit command and ends; that one leaves at once while we hold the vserver
    private static bool WaitForMonitor(RunState? state)
    {
        if (state is not { Monitor: { } monitor } || !monitor.IsAlive(state.BootId) || Libc.OpenProcess(monitor.Pid) is not { } handle)
        {
            return true;
        }

        using (handle)
        {
            return !monitor.IsAlive(state.BootId) || Libc.WaitReadable(handle, TimeSpan.FromMilliseconds(200));
        }
    }

    private void KillBundleUsers()
    {
        var bundle = paths.DirectoryOf(_handle);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), System.Globalization.CultureInfo.InvariantCulture, out var pid)
                && pid != Environment.ProcessId
                && ReadCommandLine(directory) is [var program, .. var words]
                && Path.GetFileName(program) is ("conmon" or "crun")
                && words.Contains(bundle, StringComparer.Ordinal))
            {
                _ = Libc.kill(pid, Libc.SIGKILL);
            }
        }
    }

    private static string[]? ReadCommandLine(string processDirectory)
    {
        try
        {
            return File.ReadAllText(processDirectory + "/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
