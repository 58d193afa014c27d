using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;

namespace VServerPanel.Native.Isolation;

/// <summary>Makes crun accept a host with version 1 and version 2 cgroups side by side.</summary>
internal static class HybridCgroups
{
    /// <summary>In the calling thread's private mount namespace only: hides which controllers version 2 has.</summary>
    /// <remarks>crun 1.8 answers "cgroups in hybrid mode not supported" where that file is not empty; only <c>create</c> looks. Unmounting
    /// version 2 instead would put later children of the runtime into its root, outside of what is attached to the vserver's cgroup.</remarks>
    public static void Hide(CgroupTree cgroups)
    {
        if (cgroups is { IsHybrid: true, Unified: { } unified })
        {
            var file = unified + "/cgroup.controllers";
            ErrnoException.ThrowIfFailed(Libc.mount("/dev/null", file, null, Libc.MS_BIND, null), "mount(MS_BIND)", file);
        }
    }
}
