using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Gives a vserver that shares immutable files files of its own before its packages are changed.</summary>
/// <remarks>
/// Only taking the flag off would leave files that others share, too, open to what a package's scripts or a hostile guest write into them. A separation copies them and is whole at every
/// instant; it refuses where one that shares such files runs, or the disk has no room.
/// </remarks>
internal static class Thawing
{
    /// <summary>Separates it: an operation of its own, with its entries in the journal and its undo.</summary>
    /// <returns>Why its packages cannot be changed; null where they can.</returns>
    public static PackageOutcome? Run(Operation all, PackageRequest request, VServerName name)
    {
        var started = Environment.TickCount64;
        all.Report.Info($"{name} shares immutable files, which {request.Manager.Program} cannot replace: it gets files of its own first.");
        try
        {
            var call = all.Call with { Report = new PrefixedReporter(all.Report, name), Options = all.Call.Options with { JobId = null, Detach = false } };
            UnificationCommand.Separate(call, new UnificationRequest { VServers = [name] }, WordsOf(name));
            return null;
        }
        catch (OperationCanceledException)
        {
            return Outcome(OperationOutcome.Cancelled, "It was cancelled. Its packages are as they were.");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Outcome(OperationOutcome.Failed, $"It shares immutable files, which {request.Manager.Program} cannot replace, and could not be given files of its own: {ProblemException.ToEvent(e).Message}");
        }

        PackageOutcome Outcome(OperationOutcome outcome, string message) => new(name, outcome, null, message, [], Environment.TickCount64 - started);
    }

    /// <summary>What it would do.</summary>
    public static UnificationPlan Plan(Invocation call, VServerName name) => new SeparationPlanning(call, new UnificationRequest { VServers = [name] }, WordsOf(name)).Make();

    private static IReadOnlyList<string> WordsOf(VServerName name) => ["vserver", name.Value, "deunify"];
}
