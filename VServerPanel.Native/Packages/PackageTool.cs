using System.CommandLine;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary><c>vapt</c>, <c>vrpm</c> and <c>vdnf</c>: one command of the package manager for many vservers, running or stopped.</summary>
internal sealed class PackageTool(PackageManager manager) : Tool
{
    private const string All = "ALL";
    private const int MostJobs = 64;

    private readonly Option<bool> _unify = new("--unify") { Description = "unify the packages that changed again, afterwards" };
    private readonly Option<int?> _jobs = new("--jobs") { HelpName = "N", Description = "how many vservers at the same time (one for each processor)" };
    private readonly Option<string?> _retry = new("--retry") { HelpName = "OPERATION", Description = "again in those that an earlier operation failed in" };
    private readonly Option<int?> _timeOut = new("--timeout") { HelpName = "SECONDS", Description = "for each vserver (3600)" };
    private readonly Argument<string[]> _names = new("ALL|NAME") { Arity = ArgumentArity.ZeroOrMore };

    public override string Name => manager.Tool;

    public override bool OpenToPanel => true;

    public override string Summary => $"[--unify] ALL|NAME… -- ARGS: {manager.Program} in many vservers";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var command = new Command(Name, $"Runs {manager.Program} in vservers, with all that stands behind '--'. Those that are stopped are started for it without their services.") { _unify, _jobs, _retry, _timeOut, _names };
        var (own, behind) = ArgumentParser.Part(arguments);
        if (ArgumentParser.Parse(command, own, Name, "ALL|NAME… -- ARGS") is not { } result)
        {
            return ExitCodes.Success;
        }

        var request = Read(result, behind ?? [], call);
        RequirePermitted(request, call);
        if (call.Options.Plan)
        {
            call.Report.Plan(Plan(request, call));
            return ExitCodes.Success;
        }

        if (FaultOf(request, call) is { } fault)
        {
            throw fault;
        }

        if (request.IsDone)
        {
            call.Report.Info(NothingLeft(request));
            return ExitCodes.Success;
        }

        using var files = PackageFiles.Open(call, manager.Extension, request.Arguments);
        return OperationRunner.Run(call, new OperationKind(Name, null), operation =>
        {
            var handler = new PackageHandler(operation, request, files);
            var outcomes = handler.Run();
            var reunification = new Reunification(operation, handler.Record);
            if (!request.Unifies)
            {
                reunification.TellWhatIsApart();
            }
            else if (!operation.Cancel.IsCancellationRequested)
            {
                reunification.Run();
            }

            return PackageHandler.FailureOf(request, outcomes, operation) is { } failure ? throw failure : (null, null);
        });
    }

    private PackageRequest Read(ParseResult result, IReadOnlyList<string> words, Invocation call)
    {
        var names = result.GetValue(_names) ?? [];
        var earlier = result.GetValue(_retry) is { } id ? FindEarlier(id, call) : null;
        if (earlier is null && (names.Length == 0 || words.Count == 0))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"Usage: {Name} {Summary.Split(':')[0]}");
        }

        var wanted = earlier is null ? Choose(names, call) : Unfinished(earlier, names, call);
        var jobs = result.GetValue(_jobs) ?? Environment.ProcessorCount;
        var seconds = result.GetValue(_timeOut) ?? 3600;
        return jobs is < 1 or > MostJobs || seconds < 1
            ? throw new ProblemException(ProblemCode.InvalidArgument, $"--jobs is a number from 1 to {MostJobs}, and --timeout a number of seconds.")
            : new PackageRequest
            {
                Manager = manager,
                VServers = wanted,
                RetryOf = earlier?.Operation,
                Arguments = words.Count > 0 ? PackageFiles.Locate(call, manager.Extension, words) : earlier!.Arguments,
                Unifies = result.GetValue(_unify) || earlier is { Unifies: true },
                Thawed = earlier?.Thawed ?? [],
                Earlier = earlier?.Changed() ?? [],
                Jobs = jobs,
                TimeOut = TimeSpan.FromSeconds(seconds),
            };
    }

    /// <summary>Those that an earlier operation has not succeeded in, by the names they have now; of these only some, where they are named as then or as now.</summary>
    private static IReadOnlyList<VServerName> Unfinished(PackageRecord earlier, IReadOnlyList<string> names, Invocation call)
    {
        var asked = names is [] or [All] ? null : names.Select(ArgumentParser.VServerNameOf).ToHashSet();
        var all = earlier.Unfinished(call.Registry).ToList();
        if (asked?.Where(a => !call.Registry.Exists(a) && !all.Exists(u => u.Then == a)).ToList() is [var unknown, ..])
        {
            throw ProblemException.NoSuchVServer(unknown);
        }

        var unfinished = all.Where(u => asked is null || asked.Contains(u.Then) || (u.Now is { } now && asked.Contains(now))).ToList();
        foreach (var (then, now) in unfinished.Where(u => u.Now != u.Then))
        {
            call.Report.Info(now is { } renamed ? $"{then} is called {renamed} now." : $"{then} is not there any more, and is left out.");
        }

        return [.. unfinished.Select(u => u.Now).OfType<VServerName>()];
    }

    private PackageRecord FindEarlier(string id, Invocation call) => new PackageRecords(call.Paths).Find(GlobalOptions.CheckJobId(id)) switch
    {
        { } found when found.Tool == Name => found,
        { } other => throw new ProblemException(ProblemCode.InvalidArgument, $"The operation {id} was {other.Tool}'s: '{other.Tool} --retry {id}'."),
        null => throw new ProblemException(ProblemCode.NotFound, $"There is no package operation {id}, or it is too long ago. 'vserver-jobs list' shows what there is."),
    };

    private IReadOnlyList<VServerName> Choose(IReadOnlyList<string> names, Invocation call)
    {
        if (names is [All])
        {
            return [.. call.Registry.Names().Where(n => ProgramIn(n, manager, call) is not null)];
        }

        return [.. names.Select(ArgumentParser.VServerNameOf).Distinct()];
    }

    /// <summary>The program that a package manager is in a vserver; null where there is none, or that cannot be seen, which is told.</summary>
    public static string? ProgramIn(VServerName name, PackageManager manager, Invocation call)
    {
        try
        {
            using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
            return manager.ProgramIn(root);
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            call.Report.Warn(e.Message);
            return null;
        }
    }

    /// <summary>Why nothing of it is begun; null where it can be.</summary>
    private ProblemException? FaultOf(PackageRequest request, Invocation call) => request.VServers.Where(v => !call.Registry.Exists(v)).ToList() switch
    {
        [var one] => ProblemException.NoSuchVServer(one),
        { Count: > 1 } missing => new ProblemException(ProblemCode.NotFound, $"There are no vservers {string.Join(", ", missing)}: nothing was done. 'vserver-stat' lists those there are.", exitCode: ExitCodes.NoSuchVServer),
        _ when request is { VServers.Count: 0, RetryOf: null } => new ProblemException(ProblemCode.Unsupported, $"No vserver here has {manager.Program}: there is none to run it in. 'vcheck --packages' tells what packages they have."),
        _ => null,
    };

    private static string NothingLeft(PackageRequest request) => $"Nothing is left to be done of {request.RetryOf}.";

    private void RequirePermitted(PackageRequest request, Invocation call)
    {
        if (!CallerActor.IsPanel(call.Actor))
        {
            return;
        }

        // files were located in the image folder; what remains are words
        var words = request.Arguments.Where(a => !(a.StartsWith(call.Paths.Images + "/", StringComparison.Ordinal) && a.EndsWith(manager.Extension, StringComparison.Ordinal)));
        if (!manager.IsOpenToPanel([.. words]))
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"From the panel, {Name} updates, installs and removes packages by their names, and from files in '{call.Paths.Images}'. Other words for {manager.Program} are given in a shell of the host.");
        }
    }

    private OperationPlan Plan(PackageRequest request, Invocation call)
    {
        var states = new RunStateStore(call.Paths);
        var programs = request.VServers.Where(call.Registry.Exists).ToDictionary(v => v, v => ProgramIn(v, manager, call));
        var parted = (request.ChangesPackages ? request.VServers.Where(v => programs.GetValueOrDefault(v) is not null && ThawedVServer.Of(call, v) is not null) : []).Select(v => (Name: v, Plan: Thawing.Plan(call, v))).ToList();
        var steps = parted.Select(p => new PlanStep($"Give {p.Name} files of its own for the immutable ones that it shares: they take {ByteSize.Format(-p.Plan.BytesSaved)}, and {ByteSize.Format(p.Plan.BytesFree)} are free", p.Plan.Command)).ToList();
        steps.AddRange(request.VServers.Select(v => new PlanStep(
            $"Run {programs.GetValueOrDefault(v) ?? manager.Program} in {v}{(states.FindRunning(v) is null ? ", which is started without its services for it, and stopped again" : "")}",
            manager.Command(programs.GetValueOrDefault(v) ?? manager.Program, request.Arguments))));
        if (request.Unifies)
        {
            steps.Add(new PlanStep("Unify the packages that changed again"));
        }

        var problems = (FaultOf(request, call) is { } fault ? [fault.ToEvent()] : Array.Empty<ProblemEvent>())
            .Concat(programs.Where(p => p.Value is null).Select(p => ProblemIn(p.Key, call)))
            .Concat(parted.SelectMany(p => p.Plan.Problems));
        return new OperationPlan(steps, request.IsDone ? [NothingLeft(request)] : [], [.. problems]);
    }

    private ProblemEvent ProblemIn(VServerName name, Invocation call)
    {
        try
        {
            using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
            return new ProblemEvent(ProblemCode.Unsupported, manager.WhyNot(name, root));
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            return ProblemException.ToEvent(e);
        }
    }
}
