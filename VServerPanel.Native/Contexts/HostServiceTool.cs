using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary><c>v_httpd start</c> …: a service of the host tied to an address of the host's, so that vservers can have theirs on the same port.</summary>
internal sealed class HostServiceTool(string service) : Tool
{
    public const string Prefix = "v_";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>The wrappers of the classics. Any other service has one by a link v_SERVICE.</summary>
    public static IReadOnlyList<string> Classics { get; } = ["httpd", "named", "portmap", "sendmail", "smb", "sshd", "xinetd"];

    public override string Name => Prefix + service;

    public override bool PassesThrough => true;

    public override bool BecomesAnother => true;

    public override string Summary => $"start|stop|restart|status: the host's {service}, tied to an address of the host's";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is not [var action] || action is "--help")
        {
            Console.Out.WriteLine($"""
                Usage: {Name} start|stop|restart|reload|status

                Runs the host's {service} as 'chbind' does, tied to the address in {ConfOf(call.Paths)} (IP="…": addresses, devices or host names;
                the first address of the first device where it says nothing). A host with systemd runs the command of the unit, beside systemd: disable the
                unit, and have '{Name} start' called at boot. Other hosts run the script in /etc/init.d.
                """);
            return arguments is ["--help"] ? ExitCodes.Success : ExitCodes.Usage;
        }

        return action switch
        {
            "start" => Recorded(call, action, Start),
            "stop" => Recorded(call, action, Stop),
            "restart" => Recorded(call, action, Restart),
            "reload" => Recorded(call, action, Reload),
            "status" => Status(call),
            _ => throw new ProblemException(ProblemCode.InvalidArgument, $"Usage: {Name} start|stop|restart|reload|status"),
        };
    }

    /// <summary>A change of the host is on record, as every other: that it was asked for, and how it ended.</summary>
    private int Recorded(Invocation call, string action, Func<Invocation, int> work)
    {
        var kind = new OperationKind("service-" + action, null) { IsJob = false, IsDurable = false, IsLocked = false };
        return OperationRunner.Run(call with { Report = new NestedReporter(call.Report) }, kind, _ => work(call) is var code && code == ExitCodes.Success
            ? (null, null)
            : throw new ProblemException(ProblemCode.CommandFailed, $"{service}: {action} ended with exit code {code}.", exitCode: code));
    }

    private string GroupName => $"{ContextGroups.NameOf(0)}.{Name}";

    private string ConfOf(HostPaths paths) => $"{paths.Prefix}/etc/vservices/{service}.conf";

    private int Start(Invocation call)
    {
        if (Pids(call).Count > 0)
        {
            throw new ProblemException(ProblemCode.AlreadyRunning, $"{service} is already running, tied to its address. '{Name} status' shows it.");
        }

        var addresses = Addresses(call.Paths);
        var (command, isDaemon) = HostService.Find(call.Paths, service).StartCommand();
        var groups = new ContextGroups(call.Paths);
        groups.RemoveEmpty();
        _ = groups.CreateAndEnter([GroupName], cgroup => AddressTies.Set(call.Paths, cgroup, addresses, null, LoopbackNumber()))
            ?? throw new ProblemException(ProblemCode.Busy, $"The group {GroupName} is there and cannot be used. Try again.");
        try
        {
            if (!call.Options.Silent)
            {
                Console.Out.WriteLine($"ipv4root is now {string.Join(' ', addresses.Select(a => a.Address))}");
            }

            var code = isDaemon ? StartInBackground(command) : new ChildProcess { Program = command[0], Arguments = [.. command.Skip(1)] }.RunAttached();
            return code;
        }
        finally
        {
            groups.Leave();
            groups.RemoveEmpty();
        }
    }

    private static int StartInBackground(IReadOnlyList<string> command)
    {
        var child = SpawnedProcess.Start(ChildProcess.Require(command[0]), [.. command.Skip(1)], [], ownSession: true);
        using var handle = Libc.OpenProcess(child.Id);

        // one that cannot serve ends at once
        return handle is not null && !Libc.WaitReadable(handle, TimeSpan.FromMilliseconds(500)) ? ExitCodes.Success : child.Wait(TimeSpan.Zero);
    }

    private int Stop(Invocation call)
    {
        if (HostService.Find(call.Paths, service).ScriptCommand("stop") is { } script)
        {
            _ = new ChildProcess { Program = script[0], Arguments = [.. script.Skip(1)] }.RunAttached();
        }

        Signal(call, Libc.SIGTERM);
        for (var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; Pids(call).Count > 0; Thread.Sleep(20))
        {
            if (Environment.TickCount64 > deadline)
            {
                Signal(call, Libc.SIGKILL);
                break;
            }
        }

        new ContextGroups(call.Paths).RemoveEmpty();
        return ExitCodes.Success;
    }

    private int Restart(Invocation call)
    {
        _ = Stop(call);
        return Start(call);
    }

    private int Reload(Invocation call)
    {
        if (HostService.Find(call.Paths, service).ScriptCommand("reload") is { } script)
        {
            return new ChildProcess { Program = script[0], Arguments = [.. script.Skip(1)] }.RunAttached();
        }

        // what daemons read their files anew for
        if (Pids(call) is not [var first, ..])
        {
            return Status(call);
        }

        _ = Libc.kill(first, Libc.SIGHUP);
        return ExitCodes.Success;
    }

    private int Status(Invocation call)
    {
        var pids = Pids(call);
        Console.Out.WriteLine(pids.Count > 0
            ? $"{service} (pid {string.Join(' ', pids)}) is running..."
            : $"{service} is stopped");
        return pids.Count > 0 ? ExitCodes.Success : ExitCodes.Stopped;
    }

    private void Signal(Invocation call, int signal)
    {
        foreach (var pid in Pids(call))
        {
            _ = Libc.kill(pid, signal);
        }
    }

    private List<int> Pids(Invocation call) => [.. CgroupTree.Detect().Processes($"{call.Paths.CgroupParent}/{GroupName}").Where(p => ProcessTable.Read(p, new byte[4096]) is { State: not 'Z' }).Order()];

    private List<ConfAddress> Addresses(HostPaths paths)
    {
        var text = File.Exists(ConfOf(paths)) ? ConfFile.Read(ConfOf(paths)).Get("IP") : null;
        var words = text?.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length > 0 ? [.. words.Select(BoundAddress.Find)]
            : [BoundAddress.OfFirstDevice() ?? throw new ProblemException(ProblemCode.NotFound, $"No device of this host has an IPv4 address. Write IP=\"…\" into {ConfOf(paths)}.")];
    }

    // a private loopback that is the service's alone: above the numbers of contexts, and of chbind's processes
    private int LoopbackNumber()
    {
        const int First = (1 << 22) - 4096;
        var hash = 0;
        foreach (var c in service)
        {
            hash = ((hash * 31) + c) & 0xfff;
        }

        return First + hash;
    }
}
