using VServerPanel.Native.Hosts;
using VServerPanel.Native.Moving;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Keeping;

/// <summary>Vservers of this host that copies are kept of, at most one each.</summary>
internal sealed class KeptStandbyStore(HostPaths paths)
{
    private readonly MoveRecords<KeptStandby> _records = new(paths.State + "/standby", KeptStandbyJson.Default.KeptStandby);

    /// <summary>Those that have not ended.</summary>
    /// <param name="onDamaged">Told of one that cannot be read, which is left out; null where no decision can be made without it.</param>
    /// <exception cref="ProblemException">InputOutput: one is damaged.</exception>
    public IReadOnlyList<KeptStandby> List(Action<ProblemException>? onDamaged = null) => [.. _records.All(onDamaged).Where(s => s.EndedAt is null).OrderBy(s => s.VServer.Value, StringComparer.Ordinal)];

    public KeptStandby? Of(Guid vServerId) => List().FirstOrDefault(s => s.VServerId == vServerId);

    /// <summary>The one that still goes by this name, also where the vserver is gone.</summary>
    public KeptStandby? Of(VServerName name, Guid? vServerId) => List().FirstOrDefault(s => s.VServerId == vServerId) ?? List().FirstOrDefault(s => s.VServer == name);

    /// <exception cref="ProblemException">NotFound.</exception>
    public KeptStandby Require(VServerName name, Guid? vServerId) => Of(name, vServerId)
        ?? throw new ProblemException(ProblemCode.NotFound, $"No copy of {name} is kept on another host. 'vserver {name} standby copy --to HOST' makes one.");

    /// <summary>A new one. On disk when it returns.</summary>
    public KeptStandby Add(KeptStandby standby)
    {
        _records.Save(standby.Id, standby);
        return standby;
    }

    /// <summary>Changes it as it is now: its interval may be set while it is copied. On disk when it returns.</summary>
    public KeptStandby Change(string id, Func<KeptStandby, KeptStandby> change)
    {
        using var gate = FileLock.Acquire($"{paths.Locks}/.standby", TimeSpan.FromSeconds(10), "the list of copies");
        return Add(change(_records.Find(id) ?? throw new ProblemException(ProblemCode.NotFound, $"The record of this copy is gone.")));
    }
}
