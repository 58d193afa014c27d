using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver-exited HANDLE GENERATION</c>: what the monitor calls when process 1 has ended. If nobody stops the vserver, it ended by
/// itself: a halt asked for inside is a stop, a reboot a new start.</summary>
/// <remarks>By its handle, since it may be called otherwise than at its start; or be renamed just now. conmon waits for us, in its private mount namespace; hook scripts and a new start belong in the host's, and the monitor must not
/// wait for the vserver's lock. So this only looks, and lets a process of its own go on.</remarks>
internal sealed class VServerExitedTool : Tool
{
    // reboot(2) in a pid namespace ends process 1 by SIGHUP (kernel/pid_namespace.c, reboot_pid_ns)
    private const int RebootExitCode = 128 + Libc.SIGHUP;

    // a guest that reboots at once and forever is left stopped
    private const int MostReboots = 5;

    private static readonly TimeSpan s_rebootSpan = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shortLife = TimeSpan.FromSeconds(2);

    public override string Name => "vserver-exited";

    public override bool IsInternal => true;

    public override string Summary => "called by the monitor of a vserver that has ended; not for people";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is not [var handle, var generation, ..])
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "vserver-exited is called by the monitor of a vserver, with its handle and generation.");
        }

        var store = new RunStateStore(call.Paths);
        while (store.Find(handle) is { IsAlive: false } state && IsOurs(state, generation) && new RunNames(call.Paths).Find(handle) is { } name)
        {
            if (arguments is not [_, _, "--finish"])
            {
                LetGo(handle, generation, state.MountNamespace, call);
                return ExitCodes.Success;
            }

            if (Finish(name, handle, state, call) is { } code)
            {
                return code;
            }
        }

        return ExitCodes.Success;
    }

    /// <summary>Whether this end is for us to handle: who starts or stops the vserver now sees it himself.</summary>
    private static bool IsOurs(RunState? state, string generation) =>
        state is not null && state.Generation == generation && !(state.Stage != RunStage.Running && state.IsOwned);

    private static void LetGo(string handle, string generation, string mountNamespace, Invocation call)
    {
        PrivateMounts.OnOwnThread(() =>
        {
            if (HostMounts.Find(mountNamespace) is { } host)
            {
                using (host)
                {
                    // setns(2): a mount namespace is joined only by a thread that shares its root and working directory with no other
                    ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_FS), "unshare(CLONE_FS)");
                    ErrnoException.ThrowIfFailed(Libc.setns(host, Libc.CLONE_NEWNS), "setns(CLONE_NEWNS)");
                }
            }
            else
            {
                // we stay in a copy of the host's table: without what the start had added to it
                _ = Libc.umount2(RootMountPoint.Choose([call.Paths.Run, call.Paths.Log, Environment.ProcessPath ?? "/"]), Libc.MNT_DETACH);
                _ = Libc.umount2("/dev/null", Libc.MNT_DETACH);
                _ = Libc.umount2(call.Paths.DirectoryOf(handle) + "/dev", Libc.MNT_DETACH);
            }

            return SpawnedProcess.Start(Environment.ProcessPath ?? "/usr/sbin/vserver", ["--as", "vserver-exited", handle, generation, "--finish"], [], ownSession: true).Id;
        });
    }

    /// <returns>The exit code; null where it has got another name while this waited for its lock.</returns>
    private static int? Finish(VServerName name, string handle, RunState ended, Invocation call)
    {
        try
        {
            return Finish(name, handle, ended, call, isRefused: false);
        }
        catch (ProblemException e) when (e.Code == ProblemCode.NoSpace && call.Journal.IsSpareUsedUp())
        {
            // there is no room to write down that it is started again: that it has ended always finds some
            return Finish(name, handle, ended, call, isRefused: true);
        }
    }

    private static int? Finish(VServerName name, string handle, RunState ended, Invocation call, bool isRefused)
    {
        // it was the vserver itself that asked
        var own = call with { Actor = new Actor($"vserver {name}") };
        var exitCode = ReadExitCode(call, handle);
        var now = call.Time.GetUtcNow();
        IReadOnlyList<DateTimeOffset> recent = [.. ended.Reboots.Where(t => now - t < s_rebootSpan)];
        var isLoop = exitCode == RebootExitCode && recent.Count >= MostReboots;
        var reboots = exitCode == RebootExitCode && !isLoop && !isRefused;
        var store = new RunStateStore(call.Paths);
        var isRenamed = false;
        var kind = LifecycleOperation.Kind(reboots ? "reboot" : "halt", name) with
        {
            Patience = TimeSpan.FromMinutes(10),

            // a stop that was at work meanwhile has seen to it, and is what is on record
            IsStillWanted = () =>
            {
                isRenamed = call.Paths.HandleOf(name) != handle;
                return !isRenamed && store.Find(handle) is { IsAlive: false } state && IsOurs(state, ended.Generation);
            },
        };
        var code = OperationRunner.Run(own, kind, operation =>
        {
            operation.Report.Info(string.Create(CultureInfo.InvariantCulture, $"The first process of {name} ended with exit code {exitCode}."));
            var lifetime = call.Time.GetUtcNow() - ended.StartedAt;
            new StopHandler(operation, name).Run();
            if (reboots)
            {
                operation.Undo.Continue();

                // a guest that reboots at once and forever must not take a processor with it
                if (lifetime < s_shortLife)
                {
                    Thread.Sleep(s_shortLife);
                }

                new StartHandler(operation, name, StartHandler.LeaveCaller()).Run();

                // we hold the vserver's lock: the end of this new life is handled after us
                if (store.Find(name) is { } next)
                {
                    store.Save(name, next with { Reboots = [.. recent, now] });
                }
            }

            if (isRefused)
            {
                operation.Report.Warn($"The disk has been full for too long to write down that {name} is started again: it is left stopped. Make room; 'vserver {name} start' starts it.");
            }
            else if (isLoop)
            {
                operation.Report.Warn($"{name} rebooted itself {MostReboots} times within {s_rebootSpan.TotalSeconds:0} s and would do so again: it is left stopped. 'vserver {name} start' starts it.");
            }

            return (null, null);
        });
        return isRenamed ? null : code;
    }

    private static int ReadExitCode(Invocation call, string handle)
    {
        try
        {
            return int.Parse(File.ReadAllText(Isolation.Monitor.ExitFileOf(call.Paths, handle)), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return -1;
        }
    }
}
