using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Starts a vserver: pre-start, addresses, mounts, limits, isolation, init, post-start.</summary>
/// <param name="operation">The start, restart, reboot … that it belongs to.</param>
/// <param name="name">Which vserver.</param>
/// <param name="leaving">As <see cref="LeaveCaller"/> began it.</param>
internal sealed partial class StartHandler(Operation operation, VServerName name, BackgroundWork leaving)
{
    private const int Steps = 5;

    /// <summary>Whether it is started for a while of work on it only: with all of its isolation, addresses and ties, but its process 1 only waits, none of its services is started,
    /// and it is stopped for everybody else. Who starts it so holds its lock until it has been taken apart.</summary>
    public bool IsMaintenance { get; init; }

    /// <summary>What is known of it by now.</summary>
    public RunState State => _state;

    private readonly HostPaths _paths = operation.Paths;
    private readonly IReporter _report = operation.Report;
    private readonly RunStateStore _store = new(operation.Paths);
    private readonly CgroupTree _cgroups = CgroupTree.Detect();
    private RunState _state = null!;

    /// <summary>Takes this process out of its caller's cgroup, beside what follows: a start is not cut off when the panel is stopped.</summary>
    /// <remarks>To be begun as early as can be. The kernel waits for a grace period when a process changes its cgroup after a while in which none did
    /// (cgroup_threadgroup_rwsem, 6 to 15 ms), and not for those that follow: the monitor's and the runtime's moves cost nothing then.</remarks>
    public static BackgroundWork LeaveCaller() => BackgroundWork.Start(() => CallerCgroup.Leave());

    /// <exception cref="ProblemException">AlreadyRunning, InvalidConfiguration, NotPermitted (the storage is not safe), AddressInUse, HookFailed …</exception>
    public void Run()
    {
        operation.Step(1, Steps, $"Checking {name}");
        if (_store.FindRunning(name) is not null)
        {
            throw new ProblemException(ProblemCode.AlreadyRunning, $"Server {name} is already running.");
        }

        var conf = ReadConf();
        var entry = operation.Call.Registry.FindOrAdd(name);
        operation.VServerId = entry.Id;
        Standby.StandbyRule.ThrowIfCopy(_paths, entry);
        var rlimits = ProcessLimits.Clamp(conf.Limits, ProcessLimits.Own, GuestCapabilities.ReadBoundingSet().Contains("CAP_SYS_RESOURCE"), _report.Warn);

        Claim(conf, entry, new RunState
        {
            Generation = operation.Id,
            BootId = ProcessIdentity.BootId,
            Stage = RunStage.Starting,
            Owner = ProcessMark.Of(Environment.ProcessId),
            Style = conf.InitStyle ?? InitStyle.Sysv,
            Network = conf.NetworkMode,
            LeavesDevices = operation.Call.Options.NoDevices,
            Profile = conf.Profile,
            StartedAt = operation.Call.Time.GetUtcNow(),
            MountNamespace = new FileInfo("/proc/self/ns/mnt").LinkTarget ?? "",
            Rlimits = rlimits,
            Nice = conf.Nice ?? 0,
        });

        operation.Step(2, Steps, "Running the pre-start script");
        HookScript.Run(_paths, name, HookScript.PreStart, _report);
        operation.Undo.Before(new RunHook(name, HookScript.PostStop) { Report = _report });

        operation.Step(3, Steps, "Putting the addresses on their devices");

        // not before the script: it may be what mounts the tree or makes the device
        using var root = StorageCheck.OpenRoot(_paths.VServers, name);
        var init = IsMaintenance ? new InitProgram(InitStyle.Sysv, null) : InitProgram.Find(root, conf);
        var capabilities = GuestCapabilities.Compute(conf, init.Style, GuestCapabilities.ReadBoundingSet(), _report.Warn);
        _state = _state with { Style = init.Style, Capabilities = capabilities, SharesFollow = !conf.Nest && !capabilities.Contains("CAP_SYS_ADMIN", StringComparer.Ordinal) };
        AddAddresses(PlanAddresses(conf));
        WriteResolver(conf, root);

        operation.Step(4, Steps, "Making the isolation");
        operation.Undo.Before(new EndProcesses(name));
        Create(conf, entry, root, new GuestSpec
        {
            Hostname = GuestKernel.HostnameOf(conf.Hostname),
            Cgroup = _paths.CgroupOf(name),
            RootPath = RootMountPoint.Choose([_paths.Run, _paths.Log, Environment.ProcessPath ?? "/"]),
            IdBase = entry.IdBase,
            IdCount = entry.IdCount,
            Style = init.Style,
            Network = conf.NetworkMode,
            Capabilities = capabilities,
            Rlimits = rlimits,
            MemoryLimit = conf.MemoryLimit,
            LimitsSwap = conf.MemoryLimit is not null && SwapIsCounted(),
            PidsLimit = conf.PidsLimit,
            CpuLimit = conf.CpuLimit,
            MayNest = conf.Nest,
            Reaper = init.Style == InitStyle.Sysv ? ChildProcesses.ChildProcess.Require("catatonit") : null,
        });

        operation.Step(5, Steps, "Starting init");
        var runtimesProgram = GuestKernel.ProgramOf(_state.Init?.Pid ?? 0);
        new IsolationRuntime(_paths).Start(HostPaths.ContainerOf(_paths.HandleOf(name)));
        GuestKernel.WaitForExec(_state.Init?.Pid ?? 0, runtimesProgram, () => _state.IsAlive);
        if (IsMaintenance)
        {
            RequireAlive();
            return;
        }

        _store.Save(name, _state = _state with { Stage = RunStage.Running });
        _store.SaveContextFile(name, _state);
        if (init.Style == InitStyle.Sysv)
        {
            RunControl.Run(_paths, name, _state, root, level: 3, conf.StartTimeout, _report, operation.Cancel);
        }

        // who ended while we still owned it was left to us by its exit command
        RequireAlive();
        _report.Info($"New security context is {_state.Context}");
        HookScript.TryRun(_paths, name, HookScript.PostStart, _report);
    }

    private void RequireAlive()
    {
        if (!_state.IsAlive)
        {
            throw new ProblemException(ProblemCode.CommandFailed, $"The first process of {name} ended at once. 'vserver {name} log' shows what it said.");
        }
    }

    private VServerConf ReadConf()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Read(_paths.ConfOf(name)));
        if (findings.FirstOrDefault(f => f.IsError) is { } error)
        {
            throw new ProblemException(ProblemCode.InvalidConfiguration, $"{_paths.ConfOf(name)}, line {error.Line}: {error.Message}", path: _paths.ConfOf(name));
        }

        return conf;
    }

    /// <summary>Writes down that a start is under way, and takes what only one may have: the context's number and the addresses.</summary>
    private void Claim(VServerConf conf, RegistryEntry entry, RunState state)
    {
        if (Directory.Exists(_paths.RunDirectoryOf(name)))
        {
            // of an earlier boot, or of a life that ended while nobody looked
            var old = new Dismantling(_paths, name);
            old.EndProcesses();
            old.Clear();
        }

        operation.Undo.Before(new ClearRun(name));
        new RunPlace(_paths, name).Make(entry.Id);
        _state = state with { Claims = conf.AddressClaims };
        _store.Save(name, _state);

        var claims = Dismantling.AddressClaims(_paths);
        foreach (var address in _state.Claims.Where(a => !claims.TryTake(a, name)))
        {
            throw new ProblemException(ProblemCode.AddressInUse, $"{address} is in use by the vserver {claims.OwnerOf(address)}. Stop that one, or give {name} another address.");
        }

        _store.Save(name, _state = _state with { Context = new ContextNumbers(_paths).Take(name, conf.Context) });
    }

    private IReadOnlyList<PlannedAddress> PlanAddresses(VServerConf conf)
    {
        if (operation.Call.Options.NoDevices || conf.NetworkMode == NetworkMode.Private || conf.Addresses.Count == 0)
        {
            return [];
        }

        using var socket = new RouteSocket();
        return AddressPlan.Make(conf, name, socket.List(), AddressPlan.IndexOf, _report.Warn);
    }

    private void AddAddresses(IReadOnlyList<PlannedAddress> addresses)
    {
        if (addresses.Count == 0)
        {
            return;
        }

        // written down first: after a crash each of them is ours, for it was free a moment ago
        _store.Save(name, _state = _state with { Addresses = [.. addresses.Select(a => a.Assigned)] });
        using var socket = new RouteSocket();
        AddressAssignment.Add(socket, addresses, _report.Warn);
    }

    private bool SwapIsCounted() => _cgroups.IsUnified
        ? File.Exists("/proc/swaps")
        : _cgroups.Controllers.TryGetValue("memory", out var memory) && File.Exists(memory + "/memory.memsw.limit_in_bytes");
}
