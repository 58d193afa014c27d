using System.Globalization;
using System.Text.Json;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Runs a program inside a running vserver by the runtime, so that it is inside everything: namespaces, cgroups, capabilities, seccomp.</summary>
internal sealed class GuestExec(HostPaths paths, VServerName name, RunState state)
{
    private readonly IsolationRuntime _runtime = new(paths);

    // a shell may stay open while the vserver gets another name
    private readonly string _container = HostPaths.ContainerOf(paths.HandleOf(name));
    private readonly string _cgroup = paths.CgroupOf(name);

    /// <summary>The process's description. The runtime takes it whole: with single options it would drop the configured environment, PATH too.</summary>
    public OciProcess Describe(GuestUser user, IReadOnlyList<string> words, bool hasTerminal, params ReadOnlySpan<string> environment)
    {
        // a process that is not root has capabilities through set-user-id programs only
        IReadOnlyList<string> held = user.Uid == 0 ? state.Capabilities : [];
        return new OciProcess
        {
            Terminal = hasTerminal,
            User = new OciUser(user.Uid, user.Gid, user.Groups.Count > 0 ? user.Groups : null),
            Args = words,
            Env = [GuestBundle.Path, $"HOME={user.Home}", $"USER={user.Name}", $"LOGNAME={user.Name}", $"SHELL={user.Shell}", .. environment],
            Capabilities = new OciCapabilities(state.Capabilities, held, held),
            Rlimits = state.Rlimits,
        };
    }

    /// <summary>Runs it on a terminal of its own that the runtime joins to ours, or else with copies of our streams: a descriptor of ours is never handed in.</summary>
    /// <returns>Its exit code; 128 plus the signal that ended it.</returns>
    public int RunAttached(OciProcess process) => PrivateMounts.OnOwnThread(() =>
    {
        using var description = new Description(process);
        ApplyNice();
        var arguments = Arguments(process, description.Path);
        return process.Terminal ? new ChildProcess { Program = _runtime.Program, Arguments = arguments }.RunAttached() : PipedProcess.Run(_runtime.Program, arguments);
    });

    /// <summary>Runs it without input; its output comes line by line.</summary>
    public int RunLines(OciProcess process, TimeSpan patience, Action<string> onLine, CancellationToken cancel = default) => PrivateMounts.OnOwnThread(() =>
    {
        using var description = new Description(process);
        ApplyNice();
        return SpawnedProcess.RunLines(_runtime.Program, Arguments(process, description.Path), patience, onLine, cancel);
    });

    /// <summary>As <see cref="RunLines(OciProcess, TimeSpan, Action{string}, CancellationToken)"/>, for a program that must not be torn from its work: where it
    /// is cancelled, it gets SIGINT and some time, and only then it is killed.</summary>
    /// <param name="process">What to run.</param>
    /// <param name="patience">Then it is killed.</param>
    /// <param name="onLine">Told its output.</param>
    /// <param name="onErrorLine">Told its error output.</param>
    /// <param name="pidFile">Where the runtime writes the program's pid.</param>
    /// <param name="grace">From SIGINT to KILL.</param>
    /// <param name="cancel">Asks it to end.</param>
    /// <returns>Its exit code; 128 plus the signal that ended it.</returns>
    public int RunGently(OciProcess process, TimeSpan patience, Action<string> onLine, Action<string> onErrorLine, string pidFile, TimeSpan grace, CancellationToken cancel) => PrivateMounts.OnOwnThread(() =>
    {
        using var description = new Description(process);
        ApplyNice();
        var words = Arguments(process, description.Path);
        words.InsertRange(words.Count - 3, ["--pid-file", pidFile]);
        try
        {
            var code = SpawnedProcess.RunLines(_runtime.Program, words, patience, onLine, onErrorLine, AskToEnd, cancel);
            if (code == 128 + Libc.SIGKILL)
            {
                // where it was the runtime that we killed, the program is still there
                Signal(pidFile, Libc.SIGKILL);
            }

            return code;
        }
        finally
        {
            File.Delete(pidFile);
        }

        TimeSpan AskToEnd()
        {
            Signal(pidFile, Libc.SIGINT);
            return grace;
        }
    });

    private void Signal(string pidFile, int signal)
    {
        if (File.Exists(pidFile)
            && int.TryParse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture, out var pid)
            && Libc.OpenProcess(pid) is { } handle)
        {
            using (handle)
            {
                // opened, then looked at: the descriptor is of a process of this vserver
                if (Limits.CgroupTree.Detect().Processes(_cgroup).Contains(pid))
                {
                    Libc.Signal(handle, signal);
                }
            }
        }
    }

    /// <summary>Starts it on a terminal of its own, in a session apart from ours; the runtime sends the terminal's other end to a socket.</summary>
    /// <param name="process">Described with a terminal.</param>
    /// <param name="consoleSocket">Path of a socket that listens.</param>
    /// <param name="pidFile">Where the runtime writes the program's pid.</param>
    /// <param name="errors">For what the runtime has to say.</param>
    /// <param name="started">Called with the runtime, which waits for the program; must not return before the terminal has come.</param>
    public T RunOnTerminal<T>(OciProcess process, string consoleSocket, string pidFile, Microsoft.Win32.SafeHandles.SafeFileHandle errors, Func<SpawnedProcess, T> started) => PrivateMounts.OnOwnThread(() =>
    {
        using var description = new Description(process);
        ApplyNice();
        var words = Arguments(process, description.Path);
        words.InsertRange(words.Count - 3, ["--console-socket", consoleSocket, "--pid-file", pidFile]);
        return started(SpawnedProcess.Start(_runtime.Program, words, [], ownSession: true, null, errors, errors));
    });

    private List<string> Arguments(OciProcess process, string description)
    {
        List<string> words = [.. _runtime.GlobalArguments, "exec"];
        if (process.Terminal)
        {
            words.Add("--tty");
        }

        words.AddRange(["--process", description, _container]);
        return words;
    }

    // setpriority(2): on Linux the thread's; what it starts inherits it
    private void ApplyNice()
    {
        if (state.Nice != 0)
        {
            ErrnoException.ThrowIfFailed(Libc.setpriority(Libc.PRIO_PROCESS, 0, state.Nice), "setpriority");
        }
    }

    /// <summary>A file without a name: a killed command leaves nothing behind.</summary>
    private sealed class Description : IDisposable
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file = Libc.CreateMemoryFile("process.json");

        public Description(OciProcess process)
        {
            RandomAccess.Write(_file, JsonSerializer.SerializeToUtf8Bytes(process, OciJson.Default.OciProcess), 0);
            Path = string.Create(CultureInfo.InvariantCulture, $"/proc/{System.Environment.ProcessId}/fd/{(int)_file.DangerousGetHandle()}");
        }

        public string Path { get; }

        public void Dispose() => _file.Dispose();
    }
}
