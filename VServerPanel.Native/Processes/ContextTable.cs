using System.Globalization;
using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>The contexts of this host, and which one a process is in: its cgroup tells, which no guest can leave.</summary>
internal sealed class ContextTable(HostPaths paths, TimeProvider time)
{
    /// <summary>Cgroups of contexts that belong to no vserver: <c>.context-49152</c>. No vserver's name begins with a dot.</summary>
    public const string NumberedPrefix = ".context-";

    private readonly VServerRegistry _registry = new(paths, time);
    private readonly RunStateStore _states = new(paths);
    private readonly RunNames _names = new(paths);
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Known(ulong Inode, ProcessContext Context);

    public CgroupTree Cgroups { get; } = CgroupTree.Detect();

    /// <summary>The hierarchy that is asked. Any would do; in this one guests cannot make groups of their own on hosts with version 1.</summary>
    private string? Controller => ((string[])["pids", "memory"]).FirstOrDefault(Cgroups.Controllers.ContainsKey);

    /// <summary>Where the groups of all contexts lie.</summary>
    private string? Parent => Cgroups.PathOf(Controller ?? "", paths.CgroupParent);

    /// <summary>The directory of a context in that hierarchy.</summary>
    public string DirectoryOf(ProcessContext context) => Cgroups.PathOf(Controller ?? "", context.Cgroup)!;

    /// <summary>All but the host.</summary>
    public IReadOnlyList<ProcessContext> List()
    {
        if (Parent is not { } parent || !Directory.Exists(parent))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(parent).Select(d => Find(Path.GetFileName(d))).OfType<ProcessContext>()];
    }

    /// <summary>The context of a process; null where it is gone.</summary>
    public ProcessContext? Of(int pid)
    {
        try
        {
            return NameIn(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup")), Controller ?? "", paths.CgroupParent) is { } name
                ? Find(name) ?? ProcessContext.Host
                : ProcessContext.Host;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>cgroups(7), /proc/pid/cgroup: <c>8:pids:/vservers/ID/system.slice</c>, and <c>0::…</c> for version 2. Null: it is not below <paramref name="parent"/>.</summary>
    internal static string? NameIn(ReadOnlySpan<char> text, ReadOnlySpan<char> controller, ReadOnlySpan<char> parent)
    {
        foreach (var line in text.EnumerateLines())
        {
            var first = line.IndexOf(':');
            var second = first < 0 ? -1 : line[(first + 1)..].IndexOf(':') + first + 1;
            if (second <= first || !IsController(line[(first + 1)..second], controller))
            {
                continue;
            }

            var path = line[(second + 1)..];
            if (!path.StartsWith(parent) || path.Length <= parent.Length + 1 || path[parent.Length] != '/')
            {
                return null;
            }

            var name = path[(parent.Length + 1)..];
            var slash = name.IndexOf('/');
            return (slash < 0 ? name : name[..slash]).ToString();
        }

        return null;
    }

    /// <summary>The context of a numbered group: <c>.context-49152</c>, and <c>.context-0.bind-4711</c> where its commands are tied to addresses.</summary>
    internal static int? NumberIn(string group)
    {
        if (!group.StartsWith(NumberedPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var text = group.AsSpan(NumberedPrefix.Length);
        var dot = text.IndexOf('.');
        return int.TryParse(dot < 0 ? text : text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // several controllers of version 1 may be mounted together: cpu,cpuacct
    private static bool IsController(ReadOnlySpan<char> controllers, ReadOnlySpan<char> wanted)
    {
        foreach (var range in controllers.Split(','))
        {
            if (controllers[range].SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }

    private ProcessContext? Find(string name)
    {
        if (!Libc.TryStatx(null, $"{Parent}/{name}", out var stat))
        {
            _known.Remove(name);
            return null;
        }

        if (_known.TryGetValue(name, out var known) && known.Inode == stat.Inode && known.Context.Number is not null && IsStillCalled(known.Context.VServer, name))
        {
            return known.Context;
        }

        var context = Read(name);
        if (context is not null)
        {
            _known[name] = new Known(stat.Inode, context);
        }

        return context;
    }

    // without a number it belongs to no vserver, and has no name that could change
    private bool IsStillCalled(VServerName? vserver, string group) => vserver is not { } name || HostPaths.ContainerOf(paths.HandleOf(name)) == group;

    private ProcessContext? Read(string name)
    {
        var cgroup = $"{paths.CgroupParent}/{name}";
        if (NumberIn(name) is { } number)
        {
            return number == 0 ? null : new ProcessContext(cgroup, null, number, 0, 0);
        }

        // one that is just being taken apart has its id for a name
        if (_names.Find(_names.HandleOf(name)) is not { } vserver && !VServerName.TryParse(name, out vserver))
        {
            return null;
        }

        var entry = FindEntry(vserver);
        return new ProcessContext(cgroup, vserver, _states.Find(vserver) is { Context: > 0 } state ? state.Context : null, entry?.IdBase ?? 0, entry?.IdCount ?? 0);
    }

    private RegistryEntry? FindEntry(VServerName name)
    {
        try
        {
            return _registry.Find(name);
        }
        catch (ProblemException)
        {
            // a damaged entry: its users are shown by the host's numbers
            return null;
        }
    }
}
