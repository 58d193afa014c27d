using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>One of several moves that are asked for together.</summary>
/// <param name="VServer">What is moved.</param>
/// <param name="Request">Where to, and how.</param>
public sealed record MoveOrder(VServerName VServer, MoveRequest Request);
