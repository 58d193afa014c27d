using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>conmon: creates the container, is its parent, keeps its console's output, and calls us when it has ended.</summary>
internal sealed class Monitor(HostPaths paths, IsolationRuntime runtime)
{
    // the oldest line goes first: conmon starts the file anew at this size
    private const long ConsoleLogBytes = 4 << 20;
    private const int LongestSocketPath = 100;

    private readonly string _program = ChildProcess.Require("conmon");

    /// <summary>What a start makes.</summary>
    /// <param name="Name">Its name now, for messages.</param>
    /// <param name="Handle">What it is known by as long as it runs.</param>
    /// <param name="OwnPath">Absolute path of this command, to be called back.</param>
    /// <param name="Generation">Passed back, so that an old call cannot be taken for this life's.</param>
    /// <param name="HasConsole">Whether the container asks for a terminal.</param>
    /// <param name="Patience">How long the creation may take.</param>
    internal sealed record Request(VServerName Name, string Handle, string OwnPath, string Generation, bool HasConsole, TimeSpan Patience);

    /// <summary>The file in which the exit code stands when the container has ended.</summary>
    public static string ExitFileOf(HostPaths paths, string handle) => $"{DirectoryOf(paths, handle)}/{HostPaths.ContainerOf(handle)}";

    /// <summary>conmon's own directory of a vserver.</summary>
    public static string DirectoryOf(HostPaths paths, string handle) => paths.DirectoryOf(handle) + "/monitor";

    /// <summary>The container's console output; stays when it ends.</summary>
    public static string ConsoleLogOf(HostPaths paths, VServerName name) => $"{paths.Log}/{name}.console.log";

    /// <summary>The console logs there are of a vserver, each with what stands behind <see cref="ConsoleLogOf"/> in its name.</summary>
    /// <remarks>conmon writes a new one as FILE.tmp, and renames; later ones keep FILE.1, FILE.2 … (ctr_logging.c, reopen_k8s_file).</remarks>
    public static IReadOnlyList<(string Path, string Suffix)> ConsoleLogsOf(HostPaths paths, VServerName name)
    {
        var log = ConsoleLogOf(paths, name);
        return Directory.Exists(paths.Log)
            ? [.. Directory.EnumerateFiles(paths.Log).Where(f => f.StartsWith(log, StringComparison.Ordinal)).Select(f => (Path: f, Suffix: f[log.Length..])).Where(f => f.Suffix is "" or ".tmp" || (f.Suffix[0] == '.' && f.Suffix[1..].All(char.IsAsciiDigit)))]
            : [];
    }

    /// <summary>Starts the monitor, to be called in the private mount namespace: it gets itself ready while the rest is made, and waits for <see cref="Launched.Create"/>.</summary>
    public Launched Launch(Request request)
    {
        var directory = DirectoryOf(paths, request.Handle);
        Directory.CreateDirectory(directory);

        // it stays where it was started, and makes a file there when the guest is out of memory (conmon, write_oom_files): not in its administrator's directory
        ErrnoException.ThrowIfFailed(Libc.chdir(directory), "chdir", directory);

        var (answer, answerOut) = Libc.Pipe();
        var (goIn, go) = Libc.Pipe();
        using (answerOut)
        using (goIn)
        {
            var process = SpawnedProcess.Start(_program, Arguments(request, directory), Environment(directory), ownSession: true, null, null, null, answerOut, goIn);
            return new Launched(request, process, go, answer);
        }
    }

    /// <summary>A monitor that waits to be told to go.</summary>
    internal sealed class Launched(Request request, SpawnedProcess process, SafeFileHandle go, SafeFileHandle answer) : IDisposable
    {
        private bool _isTold;

        public int Pid => process.Id;

        /// <summary>Lets it create the container from its bundle. That waits for <see cref="IsolationRuntime.Start"/>.</summary>
        /// <returns>Pid of the container's first process.</returns>
        /// <exception cref="ProblemException">CommandFailed, with what the runtime said.</exception>
        public int Create()
        {
            // where it has ended already, what it said follows
            _isTold = true;
            Libc.Wake(go);
            var said = SpawnedProcess.ReadToEnd(answer, request.Patience, untilNewline: true);
            var report = Parse(said);
            if (report is { Data: > 0 })
            {
                return report.Data;
            }

            var why = report?.Message is { Length: > 0 } message ? message.Trim() : said.Length > 0 ? said.Trim() : "it gave no answer";
            throw new ProblemException(ProblemCode.CommandFailed, $"The isolation runtime could not create {request.Name}: {why}");
        }

        public void Dispose()
        {
            if (!_isTold)
            {
                // it would go on when its pipe is closed
                process.Wait(TimeSpan.Zero);
            }

            go.Dispose();
            answer.Dispose();
        }
    }

    private List<string> Arguments(Request request, string directory)
    {
        // --sync: no second fork, so its pid is known; --full-attach: its sockets lie in the bundle and not in /var/run/crio
        List<string> arguments =
        [
            "--sync", "--api-version", "1", "--full-attach", "--no-sync-log",
            "--cid", HostPaths.ContainerOf(request.Handle), "--cuuid", request.Generation, "--name", HostPaths.ContainerOf(request.Handle),
            "--runtime", runtime.Program,
            "--bundle", paths.DirectoryOf(request.Handle),
            "--exit-dir", directory, "--persist-dir", directory, "--container-pidfile", directory + "/pid",
            "--log-path", "k8s-file:" + ConsoleFiles.OfRunning(paths, request.Handle), "--log-size-max", ConsoleLogBytes.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in runtime.GlobalArguments)
        {
            arguments.AddRange(["--runtime-arg", argument]);
        }

        arguments.AddRange(["--exit-command", request.OwnPath]);
        foreach (var argument in (string[])["--as", "vserver-exited", request.Handle, request.Generation])
        {
            arguments.AddRange(["--exit-command-arg", argument]);
        }

        // --stdin: a pipe and not /dev/null, which the runtime would give to the guest's root (crun, maybe_chown_std_streams)
        arguments.Add(request.HasConsole ? "--terminal" : "--stdin");
        return arguments;
    }

    // TMPDIR: where it makes the socket for the console, so that a crash leaves none in /tmp
    private static string[] Environment(string directory) =>
        directory.Length + "/conmon-term.XXXXXX".Length < LongestSocketPath ? ["_OCI_SYNCPIPE=3", "_OCI_STARTPIPE=4", "TMPDIR=" + directory] : ["_OCI_SYNCPIPE=3", "_OCI_STARTPIPE=4"];

    private static MonitorReport? Parse(string answer)
    {
        try
        {
            return answer.Length == 0 ? null : JsonSerializer.Deserialize(answer, MonitorJson.Default.MonitorReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>conmon's line on its sync pipe: <c>{"data": 4711}</c>, or <c>{"data": -1, "message": "…"}</c>.</summary>
internal sealed record MonitorReport(int Data, string? Message = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MonitorReport))]
internal sealed partial class MonitorJson : JsonSerializerContext;
