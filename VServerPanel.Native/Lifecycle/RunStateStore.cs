using System.Globalization;
using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>State files of vservers that run. They are replaced whole, and not synced: after a power cut nothing runs.</summary>
internal sealed class RunStateStore(HostPaths paths)
{
    private const string FileName = "state.json";

    public string PathOf(VServerName name) => $"{paths.RunDirectoryOf(name)}/{FileName}";

    /// <summary>What is written down; null where nothing is, or nothing that can be read.</summary>
    public RunState? Find(VServerName name) => Read(PathOf(name));

    /// <summary>The same, by what stays when it is renamed (<see cref="HostPaths.HandleOf(VServerName)"/>).</summary>
    public RunState? Find(string handle) => HostPaths.IsById(handle) || VServerName.TryParse(handle, out _) ? Read(paths.DirectoryOf(handle) + "/" + FileName) : null;

    /// <summary>The same, by the name of its container and cgroup.</summary>
    public RunState? FindByContainer(string container) => Find(new RunNames(paths).HandleOf(container));

    private static RunState? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RunStateJson.Default.RunState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The state of a vserver that runs: its context file is there, and process 1 lives. Null where it does not run.</summary>
    public RunState? FindRunning(VServerName name) =>
        Find(name) is { Stage: not RunStage.Starting, IsAlive: true } state && File.Exists(paths.ContextOf(name)) ? state : null;

    public void Save(VServerName name, RunState state)
    {
        var path = PathOf(name);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(state, RunStateJson.Default.RunState));
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, path + ".new", Libc.AT_FDCWD, path, 0), "rename", path);
    }

    /// <summary>Writes <c>NAME.ctx</c> as the classics did: from now on it counts as running.</summary>
    public void SaveContextFile(VServerName name, RunState state)
    {
        var path = paths.ContextOf(name);
        var text = string.Create(CultureInfo.InvariantCulture, $"S_CONTEXT={state.Context}\nS_PROFILE={state.Profile ?? "prod"}\n");
        File.WriteAllText(path + ".new", text);
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, path + ".new", Libc.AT_FDCWD, path, 0), "rename", path);
    }
}
