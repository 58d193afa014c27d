using VServerPanel.Native.Commands;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The command under its names: <c>/usr/sbin/vserver</c> and the tools, some of them in <c>/usr/lib/vserver</c> too, as the classics were.</summary>
internal sealed class ToolLinksStep(HostPaths paths, string program) : SetupStep
{
    // called by services and monitors, as vserver --as …
    private static readonly string[] s_internalTools = ["vserver-boot", "vserver-exited", Gate.VServerGateTool.ToolName, Kernel.NetworkProbeTool.ToolName, Kernel.SecurityProbeTool.ToolName, Processes.SignalTool.ToolName, Contexts.ContextTool.ToolName, Peers.VServerReceiveTool.ToolName];
    private static readonly string[] s_libraryTools = ["vdu", "vunify", "vbuild", "vfiles", "vcheck"];

    private readonly List<string> _notes = [];

    public override string Title => "Commands";

    public override IReadOnlyList<string> Notes => _notes;

    /// <summary>The command that sudo allows.</summary>
    public static string Command(HostPaths paths) => paths.Prefix + "/usr/sbin/vserver";

    public override IReadOnlyList<string> Missing()
    {
        _notes.Clear();
        return [.. Wanted().Where(w => !IsThere(w.Path, w.Target)).Select(w => $"Install {w.Path}")];
    }

    public override void Apply()
    {
        foreach (var (path, target) in Wanted().Where(w => !IsThere(w.Path, w.Target)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (target is null)
            {
                SystemFile.Write(path, Wrapper(), 0b111_101_101);
            }
            else
            {
                File.Delete(path);
                File.CreateSymbolicLink(path, target);
            }
        }
    }

    /// <summary>Takes our links away and leaves what others put there.</summary>
    public void Remove()
    {
        foreach (var (path, target) in Wanted().Where(w => IsThere(w.Path, w.Target)))
        {
            File.Delete(path);
        }
    }

    // Without a prefix every name is a link to the program, which looks at its own name. With one, the names are links to a wrapper that sets it.
    private List<(string Path, string? Target)> Wanted()
    {
        var main = Command(paths);
        var wanted = new List<(string Path, string? Target)> { (main, paths.Prefix.Length == 0 ? program : null) };
        foreach (var tool in ToolTable.Tools.Select(t => t.Name).Where(n => !s_internalTools.Contains(n, StringComparer.Ordinal)))
        {
            var target = paths.Prefix.Length == 0 ? program : main;
            wanted.Add(($"{paths.Prefix}/usr/sbin/{tool}", target));
            if (s_libraryTools.Contains(tool, StringComparer.Ordinal))
            {
                wanted.Add(($"{paths.Prefix}/usr/lib/vserver/{tool}", target));
            }
        }

        var panel = Path.GetDirectoryName(Path.GetDirectoryName(program)) + "/vserver-panel";
        if (File.Exists(panel))
        {
            wanted.Add(($"{paths.Prefix}/usr/sbin/vserver-panel", panel));
        }

        wanted.RemoveAll(w => IsForeign(w.Path));
        return wanted;
    }

    private bool IsThere(string path, string? target) =>
        target is null ? SystemFile.Read(path) == Wrapper() : new FileInfo(path).LinkTarget == target;

    // another package's file is not ours to replace; a link into our own library is
    private bool IsForeign(string path)
    {
        var file = new FileInfo(path);
        var isForeign = file.Exists && (file.LinkTarget is { } target
            ? !target.Contains("/vserverpanel/", StringComparison.Ordinal) && target != program && target != Command(paths)
            : !File.ReadAllText(path).Contains(HostPaths.PrefixVariable, StringComparison.Ordinal));
        if (isForeign)
        {
            _notes.Add($"{path} is not ours, so it was left alone. The same is 'vserver --as {Path.GetFileName(path)}'.");
        }

        return isForeign;
    }

    private string Wrapper() => $"""
        #!/bin/sh
        # Written by vserver-setup: the command for the trial below this directory.
        {HostPaths.PrefixVariable}='{paths.Prefix.Replace("'", "'\\''", StringComparison.Ordinal)}'
        export {HostPaths.PrefixVariable}
        case $0 in
            */vserver) exec '{program.Replace("'", "'\\''", StringComparison.Ordinal)}' "$@" ;;
            *) exec '{program.Replace("'", "'\\''", StringComparison.Ordinal)}' --as "${"{0##*/}"}" "$@" ;;
        esac

        """;
}
