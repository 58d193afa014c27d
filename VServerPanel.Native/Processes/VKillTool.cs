using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary><c>vkill [-SIGNAL] PID…</c>: signals processes of vservers, each in its own context.</summary>
internal sealed class VKillTool : Tool
{
    private const string Usage = "Usage: vkill [-SIGNAL | -s SIGNAL] PID…";

    public override string Name => "vkill";

    public override bool OpenToPanel => true;

    public override string Summary => "[-SIGNAL] PID…: signal processes of vservers, each in its own context";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments.Contains("--help"))
        {
            Console.Out.WriteLine($"""
                {Usage}

                Signals processes of vservers by their pids on the host, as vps shows them. Each gets its signal from within its own context, and the journal
                has who sent it. Processes of the host are refused: that is what 'kill' is for.

                  -SIGNAL, -s SIGNAL      TERM (the default), KILL, 9, SIGHUP, RTMIN+3 …; 0 only asks whether the processes are there
                  -l                      list the names of signals
                  PID:START               this process only, no later one with the same pid; START as 'vps --json' tells it (startTicks)

                Options of every command:
                {UsageText.GlobalOptionsText}
                """);
            return ExitCodes.Success;
        }

        if (arguments is ["-l"])
        {
            Console.Out.WriteLine(string.Join(' ', SignalNames.All));
            return ExitCodes.Success;
        }

        var (signal, references) = Parse(arguments);
        var handler = new KillHandler(call, signal);
        var aims = references.Select(handler.Find).ToList();
        var groups = aims.GroupBy(a => a.Context.Cgroup).Select(g => g.ToList()).ToList();
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([.. aims.Select(a => new PlanStep($"Send {SignalNames.NameOf(signal)} to {a}"))], [], []));
            return ExitCodes.Success;
        }

        if (groups.Count == 1)
        {
            return handler.Run(groups[0], call);
        }

        // one operation is about one vserver: each has its own entries in the journal
        return call.Options.Json || call.Options.JobId is not null
            ? throw new ProblemException(ProblemCode.InvalidArgument, "These processes are of several contexts. With --json or --job, name those of one.")
            : groups.Max(g => handler.Run(g, call with { Report = new NestedReporter(call.Report) }));
    }

    internal static (int Signal, IReadOnlyList<ProcessReference> References) Parse(IReadOnlyList<string> arguments)
    {
        const int Terminate = 15;
        string[] words = [.. arguments];
        string? word = null;
        if (words is ["-s" or "--signal", var name, ..])
        {
            (word, words) = (name, words[2..]);
        }
        else if (words is [['-', not '-', ..] first, ..])
        {
            (word, words) = (first[1..], words[1..]);
        }

        words = words is ["--", ..] ? words[1..] : words;
        var signal = word is null ? Terminate : SignalNames.Find(word) ?? throw new ProblemException(ProblemCode.InvalidArgument, $"'{word}' is no signal. 'vkill -l' lists them.");
        return words.Length > 0
            ? (signal, [.. words.Select(ProcessReference.Parse).Distinct()])
            : throw new ProblemException(ProblemCode.InvalidArgument, Usage);
    }
}
