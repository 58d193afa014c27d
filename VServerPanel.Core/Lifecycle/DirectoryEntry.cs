using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>A vserver in the directory.</summary>
/// <param name="Host">The host it is on.</param>
/// <param name="Status">What the host last said of it.</param>
/// <param name="ProcessorLoad">Processors it keeps busy, as measured between the last two reports: 0.5 is half of one; null where not known yet or not running.</param>
public sealed record DirectoryEntry(string Host, VServerStatus Status, double? ProcessorLoad)
{
    public VServerName Name => Status.Name;

    public Guid Id => Status.Id;
}
