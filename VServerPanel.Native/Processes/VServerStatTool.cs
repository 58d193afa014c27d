using VServerPanel.Native.Commands;
using VServerPanel.Native.Contexts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary><c>vserver-stat [--watch]</c>: all vservers and what they use, once or as a stream of changes.</summary>
internal sealed class VServerStatTool : Tool
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(10);

    public override string Name => "vserver-stat";

    public override bool OpenToPanel => true;

    public override string Summary => "[--watch]: all vservers, their state and what they use";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case []:
                Once(call);
                return ExitCodes.Success;
            case ["--watch"] when call.Options.Json:
                Watch(call);
                return ExitCodes.Success;
            case ["--watch"]:
                throw new ProblemException(ProblemCode.InvalidArgument, "--watch is for programs: use it with --json. For people there is 'watch vserver-stat'.");
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, "Usage: vserver-stat [--json] [--watch]");
        }
    }

    private static void Once(Invocation call)
    {
        var reader = new StatusReader(call.Paths, call.Time);
        var jobs = Jobs(call);
        new ContextGroups(call.Paths).RemoveEmpty();
        var all = reader.Names().Select(n => reader.Read(n, jobs)).ToList();
        if (call.Options.Json)
        {
            all.ForEach(s => call.Report.Item(ItemKinds.VServer, s));
            call.Report.Result();
            return;
        }

        foreach (var line in StatusTable.Lines(all, call.Time.GetUtcNow()))
        {
            Console.Out.WriteLine(line);
        }
    }

    /// <summary>Until cancelled, or until nobody reads any more.</summary>
    private static void Watch(Invocation call)
    {
        var reader = new StatusReader(call.Paths, call.Time);
        var changes = new StatusChanges();
        var lastWord = call.Time.GetTimestamp();
        var groups = new ContextGroups(call.Paths);
        var sweptAt = lastWord;
        new DiskMeasurement(call.Paths, call.Time).Start(call.Cancel);
        for (var isFirst = true; !call.Cancel.IsCancellationRequested; isFirst = false)
        {
            if (isFirst || call.Time.GetElapsedTime(sweptAt) >= s_heartbeat)
            {
                groups.RemoveEmpty();
                sweptAt = call.Time.GetTimestamp();
            }

            var jobs = Jobs(call);
            var names = reader.Names();
            foreach (var gone in changes.Missing(names))
            {
                reader.Forget(gone.Name);
                Say(ItemKinds.VServerGone, gone);
            }

            foreach (var name in names)
            {
                var status = reader.Read(name, jobs);
                if (changes.Take(status))
                {
                    Say(ItemKinds.VServer, status);
                }
            }

            if (isFirst)
            {
                Say(ItemKinds.SnapshotComplete, new Dictionary<string, string>(StringComparer.Ordinal));
            }
            else if (call.Time.GetElapsedTime(lastWord) >= s_heartbeat)
            {
                Say(ItemKinds.Heartbeat, new Dictionary<string, string>(StringComparer.Ordinal));
            }

            if (Libc.WaitHangup(1, s_interval))
            {
                return;
            }
        }

        void Say<T>(string kind, T value)
        {
            call.Report.Item(kind, value);
            lastWord = call.Time.GetTimestamp();
        }
    }

    private static Dictionary<VServerName, string> Jobs(Invocation call)
    {
        var jobs = new Dictionary<VServerName, string>();
        foreach (var owner in Operations.UndoLog.UnderWay(call.Paths))
        {
            if (owner.VServer is { } name)
            {
                jobs[name] = owner.OperationId;
            }
        }

        return jobs;
    }
}
