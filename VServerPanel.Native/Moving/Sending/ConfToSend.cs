using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Shares;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>A conf file as it goes to another host: without the directories of this host that it names, in all its profiles.</summary>
/// <param name="Bytes">What is sent.</param>
/// <param name="LeftOut">What it sees here, and not there.</param>
internal sealed record ConfToSend(byte[] Bytes, IReadOnlyList<HostShare> LeftOut)
{
    public static ConfToSend Read(HostPaths paths, VServerName name) => Of(ConfFile.Read(paths.ConfOf(name)).ToBytes());

    public static ConfToSend Of(byte[] conf)
    {
        var file = ConfFile.Parse(conf);
        IReadOnlyList<HostShare> shares = [.. file.ProfilesOrNone.SelectMany(p => VServerConf.From(file, p).Conf.Shares).Distinct()];
        file.Remove(ConfKeys.Shares);
        return new ConfToSend(file.ToBytes(), shares);
    }
}
