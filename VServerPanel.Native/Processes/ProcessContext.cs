using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>A context: what <c>/vservers</c> of the cgroup hierarchy has one group for.</summary>
/// <param name="Cgroup">As the runtime's cgroupsPath has it; empty for the host.</param>
/// <param name="VServer">The vserver; null for the host, and for contexts that chcontext and chbind made.</param>
/// <param name="Number">0: the host; null where it is not known yet.</param>
/// <param name="IdBase">The host's id of its user 0.</param>
/// <param name="IdCount">How many ids it has; 0 where they are the host's own.</param>
internal sealed record ProcessContext(string Cgroup, VServerName? VServer, int? Number, uint IdBase, uint IdCount)
{
    /// <summary>Context 0.</summary>
    public static ProcessContext Host { get; } = new("", null, 0, 0, 0);

    public bool IsHost => Cgroup.Length == 0;

    /// <summary>The id that its users see; the overflow id (user_namespaces(7)) for one that is none of its own.</summary>
    public uint InnerId(uint id)
    {
        const uint Overflow = 65534;
        return IdCount == 0 ? id : id >= IdBase && id - IdBase < IdCount ? id - IdBase : Overflow;
    }
}
