using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>The console log of a vserver that runs: the monitor writes it, and begins it anew, by a path that must stay while the vserver is renamed. So it lies
/// under the id then, and under the name is a link to it; when the vserver has ended, it lies under the name.</summary>
internal static class ConsoleFiles
{
    private const string Running = ".running";
    private const string BeingWritten = ".tmp";

    /// <summary>Where the monitor writes it.</summary>
    public static string OfRunning(HostPaths paths, string handle) => $"{paths.Log}/{RelativeOf(handle)}";

    /// <summary>Goes on with the log of the earlier lives. Where the disk is too full for the link, it lies under the id alone until the vserver has ended.</summary>
    public static void Begin(HostPaths paths, VServerName name, string handle, Action<string> warn)
    {
        Directory.CreateDirectory($"{paths.Log}/{Running}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Settle(paths, name);
        var link = Monitor.ConsoleLogOf(paths, name);
        foreach (var (path, suffix) in Monitor.ConsoleLogsOf(paths, name))
        {
            Rename(path, OfRunning(paths, handle) + suffix);
        }

        using var log = Libc.open(paths.Log, Libc.O_PATH | Libc.O_DIRECTORY);
        try
        {
            ErrnoException.ThrowIfFailed(Libc.symlinkat(RelativeOf(handle), log, Path.GetFileName(link)), "symlinkat", link);
        }
        catch (ErrnoException e) when (SpareRoom.IsFullDisk(e))
        {
            warn($"The disk is full: what {name} writes on its console goes to '{OfRunning(paths, handle)}' as far as there is room, and is in its log when it has ended.");
        }
    }

    /// <summary>Puts it under the name again; does nothing where it is there. The vserver does not run.</summary>
    public static void Settle(HostPaths paths, VServerName name)
    {
        var link = Monitor.ConsoleLogOf(paths, name);
        if (TargetOf(paths, name) is not { } target || Path.GetDirectoryName(target) != Running)
        {
            return;
        }

        var log = $"{paths.Log}/{target}";
        File.Delete(log + BeingWritten);
        foreach (var older in Directory.Exists($"{paths.Log}/{Running}") ? Directory.GetFiles($"{paths.Log}/{Running}").Where(f => f.StartsWith(log + ".", StringComparison.Ordinal)) : [])
        {
            Rename(older, link + older[log.Length..]);
        }

        // last, and over the link: what stands there says where the rest is
        if (Libc.TryStatx(null, log, out _))
        {
            Rename(log, link);
        }
        else
        {
            File.Delete(link);
        }
    }

    /// <summary>Where a vserver's log is to be read.</summary>
    public static string PathOf(HostPaths paths, VServerName name)
    {
        var link = Monitor.ConsoleLogOf(paths, name);
        return !Libc.TryStatx(null, link, out _) && TargetOf(paths, name) is { } target ? $"{paths.Log}/{target}" : link;
    }

    private static string? TargetOf(HostPaths paths, VServerName name)
    {
        var link = Monitor.ConsoleLogOf(paths, name);
        if (Libc.TryStatx(null, link, out _))
        {
            return new FileInfo(link).LinkTarget;
        }

        // there was no room for a link; behind a power cut only the registry knows the id
        var handle = paths.HandleOf(name);
        handle = HostPaths.IsById(handle) || new Registry.VServerRegistry(paths, TimeProvider.System).IdOf(name) is not { } id ? handle : HostPaths.HandleOf(id);
        return HostPaths.IsById(handle) && File.Exists(OfRunning(paths, handle)) ? RelativeOf(handle) : null;
    }

    private static string RelativeOf(string handle) => $"{Running}/{HostPaths.ContainerOf(handle)}.console.log";

    private static void Rename(string from, string to) => ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0), "rename", to);
}
