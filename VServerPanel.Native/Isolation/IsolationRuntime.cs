using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>The OCI runtime, crun. Containers are called by the ids of their vservers, which stay when those are renamed; the prefix has its own state directory.</summary>
internal sealed class IsolationRuntime(HostPaths paths)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public string Program { get; } = ChildProcess.Require("crun");

    /// <summary>Options before the verb.</summary>
    public IReadOnlyList<string> GlobalArguments => ["--root=" + paths.RuntimeState, "--cgroup-manager=cgroupfs"];

    /// <summary>Lets the first process of a created container go.</summary>
    /// <remarks>Of what <c>crun start</c> does, this is all where there are no hooks of the runtime's and no socket to notify, as here
    /// (libcrun_container_start, libcrun_status_write_exec_fifo; the same in every version since 0.1): the process waits for a byte in a pipe whose
    /// name stands for "created". It is asked itself where that pipe is not as it was.</remarks>
    public void Start(string container)
    {
        if (!TryLetGo($"{paths.RuntimeState}/{container}/exec.fifo"))
        {
            Run("start", container);
        }
    }

    /// <summary>Ends the container if it is still there and removes what the runtime keeps of it.</summary>
    /// <returns>Whether it is gone.</returns>
    public bool Delete(string container) =>
        !Exists(container) || SpawnedProcess.Run(Program, [.. GlobalArguments, "delete", "--force", container], s_patience).ExitCode == 0 || !Exists(container);

    /// <summary>Whether the runtime keeps anything of it.</summary>
    public bool Exists(string container) => Directory.Exists($"{paths.RuntimeState}/{container}");

    private static bool TryLetGo(string fifo)
    {
        try
        {
            // ENXIO where nobody waits at its other end (fifo(7))
            using var pipe = Libc.open(fifo, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
            if ((Libc.fstatx(pipe).Mode & Libc.S_IFMT) != Libc.S_IFIFO)
            {
                return false;
            }

            File.Delete(fifo);
            return Libc.Wake(pipe);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENXIO or ErrnoNames.ELOOP)
        {
            return false;
        }
    }

    private void Run(params IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> words = [.. GlobalArguments, .. arguments];
        var result = SpawnedProcess.Run(Program, words, s_patience);
        if (result.ExitCode != 0)
        {
            throw new ProblemException(ProblemCode.CommandFailed, $"'crun {string.Join(' ', arguments)}' failed with exit code {result.ExitCode}: {result.Error.Trim()}");
        }
    }
}
