using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>What belongs to a vserver by its name, and what that is called in the trash.</summary>
internal static class TrashFiles
{
    public const string Registry = "registry.json";
    public const string Conf = "conf";
    private const string Hook = "hook";
    private const string ConsoleLog = "console.log";

    /// <summary>Renames of all that is there, the conf file first: without it, nothing takes it for a vserver any more.</summary>
    public static IReadOnlyList<MoveBack> Of(HostPaths paths, VServerName name, string directory, string tree) =>
    [
        new(paths.ConfOf(name), $"{directory}/{Conf}"),
        new(paths.TreeOf(name), tree),
        new(paths.HookOf(name), $"{directory}/{Hook}"),
        .. Isolation.Monitor.ConsoleLogsOf(paths, name).Select(l => new MoveBack(l.Path, $"{directory}/{ConsoleLog}{l.Suffix}")),
        new(paths.RegistryOf(name), $"{directory}/{Registry}"),
    ];

    /// <summary>The way back under a name that may be another, the conf file last. The registry's entry is written anew.</summary>
    public static IReadOnlyList<MoveBack> WayBack(HostPaths paths, VServerName name, string directory, string tree) =>
    [
        .. Directory.EnumerateFiles(directory, ConsoleLog + "*").Select(l => new MoveBack(l, Isolation.Monitor.ConsoleLogOf(paths, name) + Path.GetFileName(l)[ConsoleLog.Length..])),
        new($"{directory}/{Hook}", paths.HookOf(name)),
        new(tree, paths.TreeOf(name)),
        new($"{directory}/{Conf}", paths.ConfOf(name)),
    ];
}
