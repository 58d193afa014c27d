using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Something that lies where a vserver of a name would have it.</summary>
/// <param name="Path">Where.</param>
/// <param name="What">For people: conf file, tree …</param>
internal sealed record NamePlace(string Path, string What)
{
    /// <summary>What keeps a vserver from being put under this name; null where nothing does.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="name">The name.</param>
    /// <param name="mayHaveHook">A hook script may be there before a vserver is made; one that comes from elsewhere brings its own.</param>
    public static NamePlace? Taken(HostPaths paths, VServerName name, bool mayHaveHook = false)
    {
        NamePlace[] places =
        [
            new(paths.ConfOf(name), "conf file"),
            new(paths.TreeOf(name), "tree"),
            new(paths.RegistryOf(name), "entry in the registry"),
            .. mayHaveHook ? Array.Empty<NamePlace>() : [new(paths.HookOf(name), "hook script")],
        ];
        return places.FirstOrDefault(p => Libc.TryStatx(null, p.Path, out _));
    }
}
