using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What a start or stop will do.</summary>
internal static class LifecyclePlan
{
    public static IReadOnlyList<PlanStep> Start(Invocation call, VServerName name)
    {
        var (conf, _) = VServerConf.From(ConfFile.Read(call.Paths.ConfOf(name)));
        var steps = new List<PlanStep>();

        // one that was put here by hand gets its id when it is started
        var handle = call.Registry.IdOf(name) is { } id ? HostPaths.HandleOf(id) : name.Value;
        var container = HostPaths.ContainerOf(handle);
        AddHook(steps, call.Paths, name, HookScript.PreStart);
        if (conf is { NetworkMode: NetworkMode.Private, Device: { } parent } && !call.Options.NoDevices)
        {
            steps.Add(new PlanStep($"Make its link {LinkPlan.GuestDevice}, {(conf.Link == LinkKind.Bridge ? "a port of the bridge" : "a macvlan on")} {parent}, with {(conf.Addresses.Count > 0 ? string.Join(' ', conf.Addresses) : "no address")}"));
        }

        foreach (var address in conf.Addresses.Where(a => conf.NetworkMode == NetworkMode.Shared && !call.Options.NoDevices && (a.Device ?? conf.Device) is not null))
        {
            steps.Add(new PlanStep($"Put {address.Address} on {address.Device ?? conf.Device}"));
        }

        steps.Add(new PlanStep($"Mount '{call.Paths.TreeOf(name)}' with the vserver's own ids, in a mount namespace of its own"));
        steps.Add(new PlanStep("Make namespaces, limits and filters", ["conmon", "--cid", container, "--bundle", call.Paths.DirectoryOf(handle)]));
        steps.Add(new PlanStep("Start its first process", ["crun", .. new IsolationRuntime(call.Paths).GlobalArguments, "start", container]));
        AddHook(steps, call.Paths, name, HookScript.PostStart);
        return steps;
    }

    public static IReadOnlyList<PlanStep> Stop(Invocation call, VServerName name)
    {
        var (conf, _) = VServerConf.From(ConfFile.Read(call.Paths.ConfOf(name)));
        var steps = new List<PlanStep>();
        var state = new RunStateStore(call.Paths).FindRunning(name);
        if (state is not null)
        {
            AddHook(steps, call.Paths, name, HookScript.PreStop);
            steps.Add(new PlanStep($"Ask the vserver to shut down, and give it {conf.StopTimeout.TotalSeconds:0} s"));
            steps.Add(new PlanStep("End what is left of it: TERM, then KILL", ["crun", .. new IsolationRuntime(call.Paths).GlobalArguments, "delete", "--force", HostPaths.ContainerOf(call.Paths.HandleOf(name))]));
        }

        AddHook(steps, call.Paths, name, HookScript.PostStop);
        if (state?.HostEnd is { } end)
        {
            steps.Add(new PlanStep($"Remove its link {end.Device}"));
        }

        foreach (var address in state?.Addresses ?? [])
        {
            steps.Add(new PlanStep($"Take {address.Address} off {address.Device}"));
        }

        return steps;
    }

    /// <summary>Tells a start's or restart's plan, with what would keep it from starting.</summary>
    /// <param name="call">Who asked.</param>
    /// <param name="name">The vserver.</param>
    /// <param name="steps">What would be done.</param>
    /// <param name="refusal">Why it would not even be tried; null where it would.</param>
    public static int TellStart(Invocation call, VServerName name, IReadOnlyList<PlanStep> steps, ProblemException? refusal)
    {
        var (problems, warnings) = new StartChecks(call, name).Run();
        call.Report.Plan(new OperationPlan(steps, warnings, refusal is null ? problems : [refusal.ToEvent(), .. problems]));
        return ExitCodes.Success;
    }

    private static void AddHook(List<PlanStep> steps, HostPaths paths, VServerName name, string moment)
    {
        if (HookScript.Exists(paths, name))
        {
            steps.Add(new PlanStep($"Run the {moment} script", [paths.HookOf(name), moment, name.Value]));
        }
    }
}
