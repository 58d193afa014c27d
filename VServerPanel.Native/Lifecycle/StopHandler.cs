using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Stops a vserver: pre-stop, the guest's own shutdown, TERM, KILL, unmount, post-stop, addresses off.</summary>
internal sealed class StopHandler(Operation operation, VServerName name)
{
    private const int Steps = 4;

    // between the guest's own shutdown, or where it has none, and KILL
    private static readonly TimeSpan s_afterTerm = TimeSpan.FromSeconds(5);

    private readonly Hosts.HostPaths _paths = operation.Paths;
    private readonly RunStateStore _store = new(operation.Paths);

    /// <returns>Whether it was running.</returns>
    public bool Run()
    {
        var state = _store.FindRunning(name);
        if (state is not null)
        {
            operation.Step(1, Steps, "Running the pre-stop script");
            HookScript.TryRun(_paths, name, HookScript.PreStop, operation.Report);
            _store.Save(name, state = state with { Stage = RunStage.Stopping, Owner = ProcessMark.Of(Environment.ProcessId) });
        }

        operation.Step(2, Steps, state is null ? $"{name} is not running: clearing up" : "Shutting the vserver down");

        // post-stop runs even if the vserver was not running (classic semantics)
        operation.Undo.CommitThen(new EndProcesses(name), new RunHook(name, HookScript.PostStop) { Report = operation.Report }, new ClearRun(name));
        if (state is not null)
        {
            FaultPoint.Reach();
            ShutDown(state);
        }

        // no cancelling from here on: half stopped is nothing that anyone wants
        operation.Report.Progress(3, Steps, "Ending what is left");
        FaultPoint.Reach();
        return state is not null;
    }

    private void ShutDown(RunState state)
    {
        using var init = Libc.OpenProcess(state.Init!.Pid);
        if (init is null || !state.IsAlive)
        {
            return;
        }

        var patience = StopTimeout();
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        try
        {
            AskGuest(state, init, patience);
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            operation.Report.Warn($"{name} could not be asked to shut down: {e.Message}");
        }

        // process 1 of style sysv never ends by itself
        if (state.Style != InitStyle.Sysv && Libc.WaitReadable(init, TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64))))
        {
            return;
        }

        if (state.Style != InitStyle.Sysv)
        {
            operation.Report.Warn($"{name} has not shut down in {patience.TotalSeconds:0} s.");
        }

        Terminate(state, init);
    }

    /// <summary>The guest's own way of shutting down.</summary>
    private void AskGuest(RunState state, Microsoft.Win32.SafeHandles.SafeFileHandle init, TimeSpan patience)
    {
        if (state.Style == InitStyle.Systemd)
        {
            // systemd(1), SIGNALS: SIGRTMIN+3 starts halt.target
            Libc.Signal(init, Libc.SIGRTMIN + 3);
            return;
        }

        using var root = StorageCheck.OpenRoot(_paths.VServers, name);
        if (state.Style == InitStyle.Sysv)
        {
            RunControl.Run(_paths, name, state, root, level: 6, patience, operation.Report);
            return;
        }

        var program = InitProgram.Find(root, new VServerConf());
        if (program.IsBusybox)
        {
            // busybox's init has no run levels; SIGUSR2 is its power-off (init/init.c, halt_reboot_pwoff)
            Libc.Signal(init, Libc.SIGUSR2);
            return;
        }

        IReadOnlyList<string> words = program.IsOpenRc ? ["/sbin/openrc-shutdown", "--poweroff", "now"] : ["/sbin/init", "0"];
        var guest = new GuestExec(_paths, name, state);
        var code = guest.RunLines(guest.Describe(GuestUser.Root, words, hasTerminal: false), patience, new CappedLines(operation.Report.ProgramOutput).Add);
        if (code != 0)
        {
            operation.Report.Warn($"'{string.Join(' ', words)}' in {name} ended with exit code {code}.");
        }
    }

    /// <summary>TERM to every process, and some seconds for them. KILL comes with the dismantling.</summary>
    private void Terminate(RunState state, Microsoft.Win32.SafeHandles.SafeFileHandle init)
    {
        var cgroups = CgroupTree.Detect();
        var deadline = Environment.TickCount64 + (long)s_afterTerm.TotalMilliseconds;
        foreach (var pid in Others(cgroups, state))
        {
            _ = Libc.kill(pid, Libc.SIGTERM);
        }

        for (var wait = 1; Others(cgroups, state).Count > 0 && Environment.TickCount64 < deadline; wait = Math.Min(wait * 2, 100))
        {
            Thread.Sleep(wait);
        }

        Libc.Signal(init, Libc.SIGTERM);
        Libc.WaitReadable(init, state.Style == InitStyle.Sysv ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
    }

    private List<int> Others(CgroupTree cgroups, RunState state) => [.. cgroups.Processes(_paths.CgroupOf(name)).Where(p => p != state.Init!.Pid)];

    private TimeSpan StopTimeout()
    {
        try
        {
            return VServerConf.From(ConfFile.Read(_paths.ConfOf(name))).Conf.StopTimeout;
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            // a broken conf file must not keep a vserver from being stopped
            return new VServerConf().StopTimeout;
        }
    }
}
