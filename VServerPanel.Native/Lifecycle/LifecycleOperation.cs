using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What starts and stops have in common.</summary>
internal static class LifecycleOperation
{
    // Nothing runs after a power cut, so nothing of it needs to be on disk before its time. And who fills the disk, a guest perhaps, keeps nobody from being started again
    public static OperationKind Kind(string operation, VServerName name) => new(operation, name)
    {
        IsDurable = false,
        Patience = TimeSpan.FromSeconds(30),
        OnFullDisk = operation is "stop" or "halt" ? FullDiskRule.AlwaysDo : FullDiskRule.WriteAside,
    };
}
