using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
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

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public static bool Exists(HostPaths paths, VServerName name) =>
        File.Exists(paths.HookOf(name)) && (File.GetUnixFileMode(paths.HookOf(name)) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None;

    /// <summary>Runs it.</summary>
    /// <exception cref="ProblemException">HookFailed: another exit code than 0.</exception>
    public static void Run(HostPaths paths, VServerName name, string moment, IReporter? report)
    {
        if (!Exists(paths, name))
        {
            return;
        }

        var path = paths.HookOf(name);
        var code = SpawnedProcess.RunLines(path, [moment, name.Value], s_patience, line => report?.ProgramOutput(line));
        if (code != 0)
        {
            throw new ProblemException(ProblemCode.HookFailed, $"'{path} {moment} {name}' failed with exit code {code}.", path: path);
        }
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
