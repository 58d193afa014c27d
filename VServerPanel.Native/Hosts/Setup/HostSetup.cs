using System.Text.Json;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>All that a host needs, in order.</summary>
internal sealed class HostSetup(HostPaths paths, string program, int? port, long? storageSize, Network.HostBridge? bridge = null, PanelKey? panelKey = null)
{
    private readonly SetupStep[] _steps =
    [
        new PanelUserStep(),
        .. storageSize is { } size ? [new StorageStep(paths, size)] : Array.Empty<SetupStep>(),
        new DirectoriesStep(paths),
        new HardenedMountStep(paths),
        new ToolLinksStep(paths, program),
        new SudoersStep(paths),
        new PanelSettingsStep(paths, port),
        new UnitsStep(paths),
        new BridgesStep(paths, bridge),
        new PanelAccessStep(paths, panelKey),
    ];

    /// <summary>What is missing. Nothing is changed.</summary>
    public OperationPlan Plan()
    {
        var steps = _steps.SelectMany(s => s.Missing()).Select(m => new PlanStep(m)).ToList();
        return new OperationPlan(steps, [.. _steps.SelectMany(s => s.Notes)], []);
    }

    /// <summary>Makes what is missing, each step only if it still is.</summary>
    public (JsonElement? Data, string? Human) Apply(Operation operation, OperationPlan plan)
    {
        var done = new List<string>();
        for (var i = 0; i < _steps.Length; i++)
        {
            operation.Step(i + 1, _steps.Length, _steps[i].Title);
            var missing = _steps[i].Missing();
            if (missing.Count > 0)
            {
                _steps[i].Apply();
                done.AddRange(missing);
                foreach (var line in missing)
                {
                    operation.Report.Info("Done: " + line);
                }
            }
        }

        var result = plan with { Warnings = [.. _steps.SelectMany(s => s.Notes)] };
        return (WireProtocol.ToElement(result), Describe(result with { Steps = [] }, "This host is prepared."));
    }

    /// <summary>Takes away what is ours and holds no data.</summary>
    public static (JsonElement? Data, string? Human) Remove(HostPaths paths, string program)
    {
        new PanelAccessStep(paths, null).Remove();
        new UnitsStep(paths).Remove();
        new SudoersStep(paths).Remove();
        new ToolLinksStep(paths, program).Remove();
        ((Kernel.KernelTopic[])[new Kernel.Ipv4RootPrograms(paths), .. new Kernel.Contexts(paths).Topics]).ToList().ForEach(t => t.UnloadIfUnused());
        return (null, $"Commands, sudo rule, services and the ways in for other machines' panels are removed. The user {HostPaths.PanelUser}, the vservers and all data are left.");
    }

    /// <summary>A plan for people.</summary>
    public static string Describe(OperationPlan plan, string ifNothing) => string.Join(
        '\n',
        plan.Steps.Select(s => s.Title).DefaultIfEmpty(ifNothing).Concat(plan.Warnings.Select(w => "Note: " + w)));
}
