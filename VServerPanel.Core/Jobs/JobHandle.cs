using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>An operation that was started as a job; its id is also that of its audit entries.</summary>
public sealed record JobHandle(string Host, string Id, string Operation, VServerName? VServer);
