using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>The administrator's script of a vserver, <c>/etc/vservers/NAME.sh</c>: run if executable, as <c>NAME.sh MOMENT NAME</c>, on the host.</summary>
internal static class HookScript
{
    public const string PreStart = "pre-start";
    public const string PostStart = "post-start";
    public const string PreStop = "pre-stop";
    public const string PostStop = "post-stop";

    internal static TimeSpan Patience { get; } = TimeSpan.FromMinutes(10);

    public static bool Exists(HostPaths paths, VServerName name) =>
        File.Exists(paths.HookOf(name)) && (File.GetUnixFileMode(paths.HookOf(name)) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None;

    /// <summary>Runs it.</summary>
    /// <exception cref="ProblemException">HookFailed: another exit code than 0. TimedOut.</exception>
    public static void Run(HostPaths paths, VServerName name, string moment, IReporter? report) => Run(paths, name, moment, report, Patience);

    internal static void Run(HostPaths paths, VServerName name, string moment, IReporter? report, TimeSpan patience)
    {
        if (!Exists(paths, name))
        {
            return;
        }

        var path = paths.HookOf(name);
        var capped = new CappedLines(line => report?.ProgramOutput(line));
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        int code;
        try
        {
            code = SpawnedProcess.RunLines(path, [moment, name.Value], patience, Tell);
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOEXEC)
        {
            // without #!, as any shell does it (execvp(3))
            code = SpawnedProcess.RunLines("/bin/sh", [path, moment, name.Value], patience, Tell);
        }

        if (code == 128 + Libc.SIGKILL && Environment.TickCount64 >= deadline)
        {
            throw new ProblemException(ProblemCode.TimedOut, $"'{path} {moment} {name}' was still running after {patience.TotalSeconds:0} s (time-out) and was ended.", path: path);
        }

        if (code != 0)
        {
            throw new ProblemException(ProblemCode.HookFailed, $"'{path} {moment} {name}' failed with exit code {code}.", path: path);
        }

        void Tell(string line) => capped.Add(line);
    }

    /// <summary>Runs it where a failure changes nothing: it is told, and that is all.</summary>
    public static void TryRun(HostPaths paths, VServerName name, string moment, IReporter? report)
    {
        try
        {
            Run(paths, name, moment, report);
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            report?.Warn(e.Message);
        }
    }
}
