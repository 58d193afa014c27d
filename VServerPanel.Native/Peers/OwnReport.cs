using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts.Info;
using VServerPanel.Native.Limits;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>What this host tells its peers of itself, and compares them with.</summary>
internal static class OwnReport
{
    /// <summary>Tries out what this host can do.</summary>
    public static PeerReport Make(Invocation call)
    {
        var host = VServerInfoTool.Survey(call.Paths, _ => { }, call.Cancel);
        return new PeerReport
        {
            Version = host.Version,
            Hostname = host.Hostname,
            Architecture = host.Architecture,
            Kernel = host.Kernel,
            CgroupVersion = CgroupTree.Detect().IsUnified ? 2 : 1,
            BytesFree = host.StorageFreeBytes,
            Capabilities = host.Capabilities,
            Comparison = Moving.Verifying.TreeFingerprint.Number,
        };
    }
}
