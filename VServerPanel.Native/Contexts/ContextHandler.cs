using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>Chooses the context of a command, and starts the command in it.</summary>
internal sealed class ContextHandler(Invocation call, ChcontextOptions options)
{
    // what util-vserver gave away by itself; vservers take theirs from 2 upwards
    private const int FirstDynamic = 49152;
    private const int ResourceProcesses = 6; // RLIMIT_NPROC, asm-generic/resource.h

    private readonly ContextGroups _groups = new(call.Paths);
    private readonly ContextTable _contexts = new(call.Paths, call.Time);

    /// <returns>The command's exit code.</returns>
    public int Run()
    {
        WarnOfFlags();
        if (Libc.geteuid() != 0)
        {
            return options.Context is null
                ? ContextProcess.StartPersonal(Setup(null, null) with { DropsAll = true, HasOwnProc = true, IsInit = true }, options)
                : throw new ProblemException(ProblemCode.NotPermitted, "Can't set the new security context: only root in context 0 may choose one. Without --ctx the context is new, and that is for everybody.");
        }

        _groups.RemoveEmpty();
        if (options.Context is not null && _contexts.Of(Environment.ProcessId) is not { Number: 0 })
        {
            throw new ProblemException(ProblemCode.NotPermitted, "Can't set the new security context: only root in context 0 may choose one, and this is another context.");
        }

        switch (options.Context)
        {
            case 0:
                return Become(Setup(0, AddressTies.Find(call.Paths, Environment.ProcessId)));
            case 1:
                var tie = AddressTies.Find(call.Paths, Environment.ProcessId);
                _groups.CreateOrEnter(ContextGroups.NameOf(1));
                return Become(Setup(1, tie) with { IsMute = true });
            case { } number when _contexts.List().FirstOrDefault(c => c.Number == number) is { } there:
                return Join(there, number);
            case var wanted:
                return Make(wanted);
        }
    }

    private ContextSetup Setup(int? number, Ipv4RootEntry? tie) => new()
    {
        Number = number,
        IsSilent = options.IsSilent,
        IsDisconnected = options.IsDisconnected,
        Hostname = options.Hostname,
        DomainName = options.DomainName,
        TakenCapabilities = CapabilityCeiling.Taken(options.IsSecure, options.GivenCapabilities, options.TakenCapabilities),
        IsLocked = options.Flags.HasFlag(VServerFlags.Lock),
        StatusLines = number is { } known ? StatusLines.Of(known, tie) : [],
        Umask = call.Umask,
    };

    /// <summary>In this process: no namespace is needed but for names.</summary>
    private int Become(ContextSetup setup)
    {
        if (setup.Hostname is not null || setup.DomainName is not null)
        {
            ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_NEWUTS), "unshare(CLONE_NEWUTS)");
        }

        return setup.IsDisconnected ? ContextProcess.Start(setup, options, () => { }, _groups.Leave) : ContextProcess.Become(setup, options.Command, hasOwnMounts: false);
    }

    private int Make(int? wanted)
    {
        var candidates = wanted is { } number ? [number] : Enumerable.Range(FirstDynamic, ChcontextOptions.LastContext - FirstDynamic + 1);
        Ipv4RootEntry? tie = null;
        var taken = new Lifecycle.ContextNumbers(call.Paths);
        var name = _groups.CreateAndEnter(
            candidates.Where(c => !taken.IsInUse(c)).Select(ContextGroups.NameOf),
            cgroup =>
            {
                tie = AddressTies.Inherit(call.Paths, cgroup);
                Limit(cgroup);
                Isolate(cgroup);
            }) ?? throw new ProblemException(ProblemCode.Busy, wanted is null ? "Every context number is taken." : $"Context {wanted} is just being made or ended by another. Try again.");
        var context = ContextTable.NumberIn(name) ?? 0;
        Mark(context);
        return Start(Setup(context, tie) with { HasOwnProc = true, IsInit = true }, () =>
            ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_NEWNS | Libc.CLONE_NEWPID | Libc.CLONE_NEWUTS | Libc.CLONE_NEWIPC), "unshare"));
    }

    private int Join(ProcessContext context, int number)
    {
        if (File.Exists(MarkOf(number)) && context.VServer is null)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"Can't set the new security context: {number} is private, so nobody can join it.");
        }

        var first = _contexts.Cgroups.Processes(context.Cgroup).FirstOrDefault(pid => ProcessDetails.Read(pid, new byte[16 * 1024]) is { InnerPid: 1 });
        if (first == 0)
        {
            throw new ProblemException(ProblemCode.NotRunning, $"Context {number} has no process 1: it is just being made or ended. Try again.");
        }

        return context.VServer is { } name ? Recorded(name, () => Enter(context, number, first)) : Enter(context, number, first);
    }

    private int Enter(ProcessContext context, int number, int first)
    {
        _groups.EnterContextOf(context.Cgroup, first);
        return Start(Setup(number, AddressTies.Find(call.Paths, first)) with { HasOwnProc = true }, () => JoinNamespaces(first));
    }

    /// <summary>The process that is started stays in the group that this one is in now; this one goes back, and the group goes with its last process.</summary>
    private int Start(ContextSetup setup, Action enterNamespaces)
    {
        try
        {
            return ContextProcess.Start(setup, options, enterNamespaces, _groups.Leave);
        }
        finally
        {
            _groups.Leave();
            _groups.RemoveEmpty();
        }
    }

    private static void JoinNamespaces(int first)
    {
        foreach (var (name, type) in ((string, int)[])[("pid", Libc.CLONE_NEWPID), ("uts", Libc.CLONE_NEWUTS), ("ipc", Libc.CLONE_NEWIPC)])
        {
            using var other = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{first}/ns/{name}"), Libc.O_RDONLY);
            ErrnoException.ThrowIfFailed(Libc.setns(other, type), $"setns({name})");
        }

        ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_NEWNS), "unshare(CLONE_NEWNS)");
    }

    /// <summary>A step into a vserver is on record, as every other way into it.</summary>
    private int Recorded(VServerName name, Func<int> work)
    {
        var code = ExitCodes.Failure;
        OperationRunner.Run(call with { Report = new NestedReporter(call.Report) }, new OperationKind("chcontext", name) { IsJob = false, IsDurable = false, IsLocked = false }, _ =>
        {
            code = work();
            return (null, null);
        });
        return code;
    }

    private void Limit(string cgroup)
    {
        if ((options.Flags & (VServerFlags.Nproc | VServerFlags.Ulimit)) != VServerFlags.None && ProcessLimits.Own(ResourceProcesses).Soft is var most && most < int.MaxValue)
        {
            _groups.LimitProcesses(cgroup, most);
        }
    }

    // where the kernel takes these programs; the pid namespace keeps contexts apart from within anyway
    private void Isolate(string cgroup)
    {
        if (_contexts.Cgroups.Unified is { } unified)
        {
            _ = new Kernel.Contexts(call.Paths).EnterCgroup(unified + cgroup, ContextTable.NumberIn(Path.GetFileName(cgroup)) ?? 0);
        }
    }

    private string MarkOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{call.Paths.Run}/.contexts/{number}.private");

    private void Mark(int number)
    {
        // of an earlier context with this number
        Directory.CreateDirectory(Path.GetDirectoryName(MarkOf(number))!);
        File.Delete(MarkOf(number));
        if (options.Flags.HasFlag(VServerFlags.Private))
        {
            File.WriteAllText(MarkOf(number), "");
        }
    }

    private void WarnOfFlags()
    {
        if (options.Flags.HasFlag(VServerFlags.Sched))
        {
            call.Report.Warn("--flag sched has no effect: each context is a group of the scheduler anyway.");
        }

        if (options.Flags.HasFlag(VServerFlags.HideInfo))
        {
            call.Report.Warn("--flag hideinfo has no effect: /proc of the context hides nothing more by it.");
        }

        if (options.Flags.HasFlag(VServerFlags.FakeInit) && options.Context is 0 or 1)
        {
            call.Report.Warn("--flag fakeinit has no effect: process 1 is there already.");
        }
    }
}
