using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Contexts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary><c>vps [ps's options]</c>: ps over all contexts, with a column CONTEXT. With --json: all processes, once or as a stream of changes.</summary>
internal sealed class VpsTool : Tool
{
    private const int AddedColumns = 20;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(10);

    public override string Name => "vps";

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override bool PassesThrough => true;

    public override string Summary => "[ps's options]: ps over all contexts, with a column CONTEXT";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        new ContextGroups(call.Paths).RemoveEmpty();
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine("""
                    Usage: vps [options of ps]
                           vps --json [--watch]

                    All processes of the host and its vservers. Runs the host's ps with the options given (vps ax, vps -ef, vps auxf) and puts a column CONTEXT,
                    number and name, behind PID; MAIN is the host. A list without a heading or without PID stays as it is.

                      --json                  all processes as JSON lines (docs/wire-protocol.md), instead of ps
                      --json --watch          then those that change and end
                    """);
                return ExitCodes.Success;
            case [] when call.Options.Json:
                foreach (var process in new ProcessScanner(call.Paths, call.Time).Scan())
                {
                    call.Report.Item(ItemKinds.Process, process);
                }

                return ExitCodes.Success;
            case ["--watch"] when call.Options.Json:
                Watch(call);
                return ExitCodes.Success;
            case ["--watch"]:
                throw new ProblemException(ProblemCode.InvalidArgument, "--watch is for programs: use it with --json. For people there is 'vtop'.");
            default:
                return call.Options.Json ? throw new ProblemException(ProblemCode.InvalidArgument, "Usage: vps --json [--watch]")
                    : Auditing.CallerActor.IsPanel(call.Actor) ? throw new ProblemException(ProblemCode.NotPermitted, "ps shows the environment of others where it is asked to. The panel has 'vps --json'.")
                    : RunPs(arguments, call);
        }
    }

    /// <summary>Until cancelled, or until nobody reads any more.</summary>
    private static void Watch(Invocation call)
    {
        var scanner = new ProcessScanner(call.Paths, call.Time);
        var changes = new ProcessChanges();
        var lastWord = call.Time.GetTimestamp();
        for (var isFirst = true; !call.Cancel.IsCancellationRequested; isFirst = false)
        {
            var began = call.Time.GetTimestamp();
            var (gone, changed) = changes.Take(scanner.Scan());
            foreach (var process in gone)
            {
                Say(ItemKinds.ProcessGone, process);
            }

            foreach (var process in changed)
            {
                Say(ItemKinds.Process, process);
            }

            if (isFirst)
            {
                Say(ItemKinds.SnapshotComplete, new Dictionary<string, string>(StringComparer.Ordinal));
            }
            else if (call.Time.GetElapsedTime(lastWord) >= s_heartbeat)
            {
                Say(ItemKinds.Heartbeat, new Dictionary<string, string>(StringComparer.Ordinal));
            }

            // a twentieth of one processor at most, however many processes there are
            var work = call.Time.GetElapsedTime(began) * 20;
            if (Libc.WaitHangup(1, work > s_interval ? work : s_interval))
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

    private static int RunPs(IReadOnlyList<string> arguments, Invocation call)
    {
        var contexts = new ContextTable(call.Paths, call.Time);
        var all = contexts.List();

        // who has ended when its line comes is told by what was seen before
        var before = all.SelectMany(c => contexts.Cgroups.Processes(c.Cgroup).Select(pid => (pid, c))).DistinctBy(p => p.pid).ToDictionary(p => p.pid, p => p.c);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in (string[])["PS_FORMAT", "PS_PERSONALITY", "COLUMNS"])
        {
            if (Environment.GetEnvironmentVariable(key) is { Length: > 0 } value)
            {
                environment[key] = value;
            }
        }

        if (Libc.isatty(1) == 1)
        {
            environment["COLUMNS"] = Math.Max(40, Console.WindowWidth - AddedColumns).ToString(CultureInfo.InvariantCulture);
        }

        using var ps = new ChildProcess { Program = ChildProcess.Require("ps", "procps"), Arguments = arguments, Environment = environment }.StartRedirected();
        ps.StandardInput.Close();
        var error = ps.StandardError.ReadToEndAsync(call.Cancel);
        var columns = new PsColumns(pid => pid == ps.Id ? ProcessContext.Host : contexts.Of(pid) ?? before.GetValueOrDefault(pid), all.Select(c => PsColumns.NameOf(c).Length).DefaultIfEmpty().Max());
        try
        {
            while (ps.StandardOutput.ReadLine() is { } line)
            {
                Console.Out.WriteLine(columns.Add(line));
            }
        }
        catch (IOException)
        {
            // vps | head: who reads has enough
            ps.StandardOutput.Close();
        }

        ps.WaitForExit();
        Console.Error.Write(error.GetAwaiter().GetResult());
        return ps.ExitCode;
    }
}
