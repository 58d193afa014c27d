using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>The OCI runtime, crun. Containers are called as their vservers; the prefix has its own state directory.</summary>
internal sealed class IsolationRuntime(HostPaths paths)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public string Program { get; } = ChildProcess.Require("crun");

    /// <summary>Options before the verb.</summary>
    public IReadOnlyList<string> GlobalArguments => ["--root=" + paths.RuntimeState, "--cgroup-manager=cgroupfs"];

    /// <summary>Lets the first process of a created container go.</summary>
    public void Start(VServerName name) => Run("start", name.Value);

    /// <summary>Ends the container if it is still there and removes what the runtime keeps of it.</summary>
    /// <returns>Whether it is gone.</returns>
    public bool Delete(VServerName name) =>
        !Exists(name) || SpawnedProcess.Run(Program, [.. GlobalArguments, "delete", "--force", name.Value], s_patience).ExitCode == 0 || !Exists(name);

    /// <summary>Whether the runtime keeps anything of it.</summary>
    public bool Exists(VServerName name) => Directory.Exists($"{paths.RuntimeState}/{name}");

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
