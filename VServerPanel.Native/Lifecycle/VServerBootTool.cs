using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver-boot start|stop</c>: what the boot service calls. In order of <c>%03d name</c>, and in reverse.</summary>
internal sealed class VServerBootTool : Tool
{
    public override string Name => "vserver-boot";

    public override string Summary => "start|stop: start the vservers with ONBOOT=yes, stop all that run";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case ["start"]:
                MakeBridges(call);
                var (_, failed) = Recovery.RunAll(call);
                Try(call, () => Standby.Keeping.PromotionCheck.Run(call));
                var code = ForEach(call, Ordered(call).Where(v => v.Conf.OnBoot && !IsCopy(call, v.Name)), "start", Start);

                // it may take a while, and nobody waits for it
                Try(call, () => Trash.PurgeHandler.PurgeExpired(call));
                Try(call, () => Moving.Sending.VServerMovesTool.PurgeExpired(call));
                return failed == 0 ? code : ExitCodes.Failure;
            case ["stop"]:
                var states = new RunStateStore(call.Paths);
                return ForEach(call, Ordered(call).Reverse().Where(v => states.FindRunning(v.Name) is not null), "stop", Stop);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, "Usage: vserver-boot start|stop");
        }
    }

    // what belongs to the boot, and must not keep a vserver off
    private static void Try(Invocation call, Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
        {
            call.Report.Warn(ProblemException.ToEvent(e).Message);
        }
    }

    // who needs one that could not be made says so when it starts
    private static void MakeBridges(Invocation call)
    {
        try
        {
            foreach (var bridge in new Network.HostBridges(call.Paths).Read())
            {
                Network.HostBridges.Make(bridge);
            }
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            call.Report.Warn(e.Message);
        }
    }

    internal static string SortKey(int priority, VServerName name) => string.Create(CultureInfo.InvariantCulture, $"{priority:000} {name}");

    private static IEnumerable<(VServerName Name, VServerConf Conf)> Ordered(Invocation call) => call.Registry.Names()
        .Select(name => (Name: name, Conf: Read(call, name)))
        .OrderBy(v => SortKey(v.Conf.Priority, v.Name), StringComparer.Ordinal);

    private static VServerConf Read(Invocation call, VServerName name)
    {
        try
        {
            return VServerConf.From(ConfFile.Read(call.Paths.ConfOf(name))).Conf;
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            call.Report.Warn($"{name}: {e.Message}");
            return new VServerConf();
        }
    }

    /// <summary>One that fails must not keep the others from it; the exit code tells that one did.</summary>
    private static int ForEach(Invocation call, IEnumerable<(VServerName Name, VServerConf Conf)> vservers, string operation, Action<Operation, VServerName> body)
    {
        var failed = 0;
        foreach (var (name, _) in vservers)
        {
            call.Cancel.ThrowIfCancellationRequested();
            call.Report.Info($"{name}: {operation}");
            try
            {
                // each has its own entries in the journal; its own result must not end our answer
                var own = call with { Report = new PrefixedReporter(call.Report, name), Options = call.Options with { JobId = null } };
                OperationRunner.Run(own, LifecycleOperation.Kind(operation, name), o =>
                {
                    body(o, name);
                    return (null, null);
                });
            }
            catch (ProblemException e) when (e.Code == ProblemCode.AlreadyRunning)
            {
                call.Report.Info(e.Message);
            }
            catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
            {
                failed++;
                call.Report.Warn($"{name}: {ProblemException.ToEvent(e).Message}");
            }
        }

        return failed == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    // what cannot be read is found out by the start itself, which then says so
    private static bool IsCopy(Invocation call, VServerName name)
    {
        try
        {
            return call.Registry.Find(name) is { StandbyOf: not null };
        }
        catch (ProblemException)
        {
            return false;
        }
    }

    private static void Start(Operation operation, VServerName name) => new StartHandler(operation, name, StartHandler.LeaveCaller()).Run();

    private static void Stop(Operation operation, VServerName name) => new StopHandler(operation, name).Run();
}
