using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>How a plan is told, the same for every operation.</summary>
internal static class PlanExtensions
{
    public static void Plan(this IReporter report, OperationPlan plan)
    {
        foreach (var step in plan.Steps)
        {
            report.Item(ItemKinds.PlanStep, step, step.Command is null ? step.Title : $"{step.Title}: {string.Join(' ', step.Command)}");
        }

        // for people only: programs have them in the result
        var diffs = string.Concat(plan.Changes?.Select(c => c.Diff) ?? []);

        foreach (var warning in plan.Warnings)
        {
            report.Warn(warning);
        }

        report.Result(plan, plan.Problems.Count == 0 ? diffs is "" ? null : ReporterExtensions.PrintableLines(diffs).TrimEnd('\n') : "It would be refused: " + string.Join(' ', plan.Problems.Select(p => p.Message)));
    }
}
