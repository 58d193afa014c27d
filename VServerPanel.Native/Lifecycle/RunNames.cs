using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Present names of running vservers, by what stays when they are renamed (<see cref="HostPaths.HandleOf(VServerName)"/>).</summary>
internal sealed class RunNames(HostPaths paths)
{
    private readonly Dictionary<string, VServerName> _known = new(StringComparer.Ordinal);

    /// <summary>The name that it has now; null where nothing of it is left.</summary>
    public VServerName? Find(string handle)
    {
        if (!HostPaths.IsById(handle))
        {
            return VServerName.TryParse(handle, out var itself) ? itself : null;
        }

        if (_known.TryGetValue(handle, out var known) && paths.HandleOf(known) == handle)
        {
            return known;
        }

        _known.Clear();
        foreach (var link in Directory.Exists(paths.Run) ? Directory.EnumerateFileSystemEntries(paths.Run) : [])
        {
            if (VServerName.TryParse(Path.GetFileName(link), out var name) && paths.HandleOf(name) is var found && HostPaths.IsById(found))
            {
                _known[found] = name;
            }
        }

        return _known.TryGetValue(handle, out var now) ? now : null;
    }

    /// <summary>The handle of what has this container or cgroup.</summary>
    public string HandleOf(string container) => Guid.TryParseExact(container, "n", out var id) && Directory.Exists(paths.DirectoryOf(HostPaths.HandleOf(id))) ? HostPaths.HandleOf(id) : container;
}
