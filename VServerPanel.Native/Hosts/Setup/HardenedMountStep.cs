using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>/vservers is mounted nosuid, nodev, noexec for the host: a guest's root can make set-uid files that are uid 0 on disk.</summary>
internal sealed class HardenedMountStep(HostPaths paths) : SetupStep
{
    public const string Options = "nosuid,nodev,noexec";

    /// <summary>Stands above our line of fstab.</summary>
    public const string Comment = "VServerPanel: the host runs nothing that lies in its vservers";

    private readonly List<string> _notes = [];

    public override string Title => "The mount of the vservers";

    public override IReadOnlyList<string> Notes => _notes;

    public override IReadOnlyList<string> Missing()
    {
        _notes.Clear();
        var missing = new List<string>();
        var mount = MountTable.At(paths.VServers);
        if (mount is null)
        {
            missing.Add($"Mount {paths.VServers} on itself with {Options}");
        }
        else if (!IsHardened(mount))
        {
            missing.Add($"Mount {paths.VServers} again with {Options}");
        }

        var line = Fstab.Find(paths.VServers);
        if (paths.Prefix.Length > 0)
        {
            _notes.Add($"This mount is a trial's: it is not written into {Fstab.FilePath}, and vserver-setup makes it again after a reboot.");
        }
        else if (line is null && mount is null or { Root: not "/" })
        {
            missing.Add($"Write the mount of {paths.VServers} into {Fstab.FilePath}, so that it is there after a reboot");
        }
        else if (line is null)
        {
            _notes.Add($"{paths.VServers} is a file system of its own that {Fstab.FilePath} does not name. Whatever mounts it at boot should mount it with {Options}; vserver-setup does it now.");
        }
        else if (!Options.Split(',').All(o => line.Options.Contains(o, StringComparer.Ordinal)))
        {
            _notes.Add($"{Fstab.FilePath} mounts {paths.VServers} without {Options}. Add them there; the line is yours, so it was left alone.");
        }

        return missing;
    }

    public override void Apply()
    {
        if (MountTable.At(paths.VServers) is null)
        {
            Mount("--bind", paths.VServers, paths.VServers);
        }

        Mount("-o", $"remount,bind,{Options}", paths.VServers);
        if (paths.Prefix.Length == 0 && Fstab.Find(paths.VServers) is null && MountTable.At(paths.VServers)?.Root != "/")
        {
            Fstab.Append($"{paths.VServers} {paths.VServers} none bind,{Options} 0 0", Comment);
        }
    }

    public static bool IsHardened(MountEntry mount) => mount.Has("nosuid") && mount.Has("nodev") && mount.Has("noexec");

    private static void Mount(params string[] arguments) => new ChildProcess { Program = "mount", Arguments = arguments }.Run();
}
