using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>One share more or less, in the conf file and, where the vserver runs and follows, in it: both or none.</summary>
internal sealed class ShareChange(HostPaths paths, VServerName name, HostShare share, bool isAdded)
{
    private readonly LiveShares _live = new(paths, name);

    /// <summary>Whether a running vserver has it at once.</summary>
    public bool IsLive => _live.Follow;

    /// <summary>Why a running one has it later, as a sentence.</summary>
    public string? WhyLater => _live.WhyNot;

    /// <summary>What is done beside the conf file.</summary>
    public PlanStep? Step => !IsLive ? null : new PlanStep(isAdded ? $"Mount '{share.Source}' at '{share.Target}' in {name}, which is running" : $"Unmount '{share.Target}' in {name}, which is running");

    /// <summary>Changes the vserver and its conf file.</summary>
    /// <param name="operation">Undone in reverse: the file first, then the vserver follows it.</param>
    /// <param name="old">The file as it is.</param>
    /// <param name="changed">As it is to be.</param>
    public void Apply(Operation operation, ConfFile old, ConfFile changed)
    {
        var path = paths.ConfOf(name);
        operation.Undo.Before(new FitShare(name, share.ToString()));
        operation.Undo.Before(new RestoreContent(path, old.ToBytes()));
        if (isAdded)
        {
            _live.Mount(share);
        }
        else
        {
            _live.Unmount(share);
        }

        changed.Write(path);
        FaultPoint.Reach();
        operation.Report.Info(isAdded ? $"'{share.Source}' is at '{share.Target}' in {name} now." : $"'{share.Target}' is no longer in {name}.");
    }
}
