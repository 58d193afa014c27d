using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Whether a vserver of this host can go to another: asked at both ends, nothing is changed.</summary>
/// <remarks>Both ends try out what they can do while the tree is measured here.</remarks>
internal sealed class MoveChecks(Invocation call, MoveTarget target)
{
    private readonly List<MoveCheck> _checks = [];
    private readonly Func<PeerReport> _here = BackgroundWork.Ask(() => OwnReport.Make(call));
    private Func<PeerReport>? _there;

    public IReadOnlyList<MoveCheck> Checks => _checks;

    public long? BytesFree { get; private set; }

    /// <summary>Why it is refused; null where it is not.</summary>
    public ProblemException? Refusal => _checks.Where(c => c.State == CheckState.Refused).ToList() is [var first, ..] refused
        ? new ProblemException(CodeOf(first.Key), string.Join(' ', refused.Select(c => c.Remedy is null ? c.Found : $"{c.Found} {c.Remedy}")))
        : null;

    /// <summary>Asks the other host what it can do; <see cref="Run"/> waits for the answer.</summary>
    public void Begin() => _there = BackgroundWork.Ask(target.Check);

    public void Run(IncomingRequest request)
    {
        Local(request.VServer);
        try
        {
            _checks.AddRange(HostComparison.Of(_here(), (_there ?? target.Check)()));
            var answer = target.Ask("probe", request, call.Cancel);
            BytesFree = answer.BytesFree;
            _checks.AddRange(answer.Checks ?? []);
        }
        catch (ProblemException e)
        {
            _checks.Add(new("reachable", "The other host", CheckState.Refused, e.Message));
        }
    }

    private void Local(VServerName name)
    {
        if (DeleteHandler.MountIn(call.Paths.TreeOf(name)) is { } mount && new Lifecycle.RunStateStore(call.Paths).FindRunning(name) is null)
        {
            _checks.Add(new("mounts", "Mounts", CheckState.Refused, $"A file system is mounted at '{mount}', in the tree of {name}.", $"Unmount it ('umount {mount}')."));
        }

        if (!Directory.Exists(call.Paths.TreeOf(name)))
        {
            _checks.Add(new("tree", "Tree", CheckState.Refused, $"'{call.Paths.TreeOf(name)}', its tree, is not there."));
        }

        if (call.Registry.Find(name)?.StandbyOf is { } real)
        {
            _checks.Add(new("standby", "Standby copy", CheckState.Refused, $"{name} is a standby copy here, and really on {real}.", "Move it from there, or promote it first."));
        }

        if (call.Registry.IdOf(name) is { } id && new Standby.Keeping.KeptStandbyStore(call.Paths).Of(id) is { } kept)
        {
            _checks.Add(new("standby", "Standby copy", CheckState.Refused, $"A copy of {name} is kept on {kept.Peer}, from here.", $"'vserver {name} standby stop' ends that; begin it anew from the other host."));
        }

        if (Path.Exists(call.Paths.HookOf(name)))
        {
            _checks.Add(new("hook", "Hook script", CheckState.Warning, $"'{call.Paths.HookOf(name)}' does not go with it: a script of another host's is not run as root of the target. It is kept here as '{KeptHook.PathOf(call.Paths, name)}'.", "Where it is needed there, copy it by hand, now or before the vserver is started there."));
        }

        if (ConfToSend.Read(call.Paths, name) is { LeftOut: { Count: > 0 } shares })
        {
            _checks.Add(new("shares", "Shares", CheckState.Warning, $"It sees directories of this host, which do not go with it: {string.Join(", ", shares)}.", $"Give it those of the target when it is there: 'vserver {name} share add'."));
        }
    }

    /// <summary>What it takes, and its conf file.</summary>
    public static (IncomingRequest Request, TreeSize Size) Measure(Invocation call, VServerName name, Guid id, string moveId)
    {
        var size = Directory.Exists(call.Paths.TreeOf(name)) ? TreeMeasure.MeasureForCopy(call.Paths.TreeOf(name), call.Cancel) : new TreeSize(0, 0, 0);
        return (new IncomingRequest(moveId, name, id, size.Bytes) { Conf = ConfToSend.Read(call.Paths, name).Bytes }, size);
    }

    private static ProblemCode CodeOf(string key) => key switch
    {
        "space" => ProblemCode.NoSpace,
        "name" => ProblemCode.AlreadyExists,
        "addresses" => ProblemCode.AddressInUse,
        "reachable" => ProblemCode.Unreachable,
        "conf" => ProblemCode.InvalidConfiguration,
        "tree" => ProblemCode.NotFound,
        "mounts" => ProblemCode.Busy,
        _ => ProblemCode.Unsupported,
    };
}
