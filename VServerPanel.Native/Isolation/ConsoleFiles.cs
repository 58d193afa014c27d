using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
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

    /// <summary>Goes on with the log of the earlier lives.</summary>
    public static void Begin(HostPaths paths, VServerName name, string handle)
    {
        Directory.CreateDirectory($"{paths.Log}/{Running}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Settle(paths, name);
        var link = Monitor.ConsoleLogOf(paths, name);
        foreach (var (path, suffix) in Monitor.ConsoleLogsOf(paths, name))
        {
            Rename(path, OfRunning(paths, handle) + suffix);
        }

        using var log = Libc.open(paths.Log, Libc.O_PATH | Libc.O_DIRECTORY);
        ErrnoException.ThrowIfFailed(Libc.symlinkat(RelativeOf(handle), log, Path.GetFileName(link)), "symlinkat", link);
    }

    /// <summary>Puts it under the name again; does nothing where it is there. The vserver does not run.</summary>
    public static void Settle(HostPaths paths, VServerName name)
    {
        var link = Monitor.ConsoleLogOf(paths, name);
        if (new FileInfo(link).LinkTarget is not { } target || Path.GetDirectoryName(target) != Running)
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

    private static string RelativeOf(string handle) => $"{Running}/{HostPaths.ContainerOf(handle)}.console.log";

    private static void Rename(string from, string to) => ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0), "rename", to);
}
