using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The directories of vservers and panel, with their owners and modes.</summary>
internal sealed class DirectoriesStep(HostPaths paths) : SetupStep
{
    private readonly (string Path, uint Mode, string Owner)[] _wanted =
    [
        (paths.VServers, 0b111_000_000, "root"),
        (paths.Configuration, 0b111_101_101, "root"),
        (paths.Run, 0b111_000_000, "root"),
        (paths.State, 0b111_101_101, "root"),
        (paths.Images, 0b111_101_101, "root"),
        (paths.Log, 0b111_101_000, "root"),
        (PanelData(paths), 0b111_000_000, HostPaths.PanelUser),
    ];

    public override string Title => "Directories";

    /// <summary>Where the panel keeps its databases and keys.</summary>
    public static string PanelData(HostPaths paths) => paths.Prefix + "/var/lib/vserverpanel";

    public override IReadOnlyList<string> Missing()
    {
        var user = UserId();
        var missing = _wanted
            .Where(w => !Libc.TryStatx(null, w.Path, out var stat, flags: 0) || (stat.Mode & 0xfffu) != w.Mode || stat.Uid != (w.Owner == "root" ? 0 : user))
            .Select(w => $"Make {w.Path}, owned by {w.Owner}, mode {Convert.ToString(w.Mode, 8).PadLeft(4, '0')}");
        return [.. missing, .. Unreachable().Select(d => $"Let the panel's user pass through {d} (chmod o+x)")];
    }

    public override void Apply()
    {
        foreach (var (path, mode, owner) in _wanted)
        {
            Directory.CreateDirectory(path);
            ErrnoException.ThrowIfFailed(Libc.chmod(path, mode), "chmod", path);
            new ChildProcess { Program = "chown", Arguments = [$"{owner}:{owner}", path] }.Run();
        }

        foreach (var directory in Unreachable())
        {
            ErrnoException.ThrowIfFailed(Libc.chmod(directory, Libc.statx(null, directory).Mode & 0xfffu | 0b000_000_001), "chmod", directory);
        }
    }

    // a prefix made by mktemp has mode 0700, and the panel's program and data lie below it
    private IReadOnlyList<string> Unreachable() => paths.Prefix.Length > 0 && Libc.TryStatx(null, paths.Prefix, out var stat) && (stat.Mode & 1) == 0 ? [paths.Prefix] : [];

    private static uint? UserId()
    {
        var result = new ChildProcess { Program = "id", Arguments = ["-u", HostPaths.PanelUser] }.Try();
        return result.ExitCode == 0 && uint.TryParse(result.Output.AsSpan().Trim(), System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
