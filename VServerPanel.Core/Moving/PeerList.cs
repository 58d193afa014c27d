using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>The hosts that a host knows.</summary>
/// <param name="Peers">Those that it may send vservers to.</param>
/// <param name="Allowed">Those that may send vservers to it.</param>
public sealed record PeerList(IReadOnlyList<PeerInfo> Peers, IReadOnlyList<AllowedPeer> Allowed);
