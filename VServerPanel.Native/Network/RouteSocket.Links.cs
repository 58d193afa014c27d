using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

internal sealed partial class RouteSocket
{
    /// <summary>All devices.</summary>
    public List<HostLink> ListLinks()
    {
        var request = new NetlinkMessage(stackalloc byte[64], Libc.RTM_GETLINK, Libc.NLM_F_REQUEST | Libc.NLM_F_DUMP);
        request.LinkHeader(0, 0, 0);
        return Dump(request.Finish(), Libc.RTM_NEWLINK, HostLink.Parse, "RTM_GETLINK");
    }

    /// <summary>The device of this name; null where there is none.</summary>
    public HostLink? FindLink(string name) => ListLinks().Find(l => l.Name == name);
}
