using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Moving.Verifying;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>The target's end of moves. What changes something holds the lock of the vserver's name, under which a change that was cut off is finished first.</summary>
internal sealed class ArrivalHandler(Invocation call, string peer)
{
    private static readonly TimeSpan s_forWriters = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_forRemoval = TimeSpan.FromSeconds(30);

    private readonly ReceivingEnd _end = new(call);
    private readonly IncomingStore _store = new(call.Paths);
    private readonly Hosts.HostPaths _paths = call.Paths;

    /// <summary>Answers one of the words; null where there is no such word.</summary>
    public int? Answer(string word, Func<IncomingRequest> read) => word switch
    {
        "probe" => _end.Tell(Probe(read())),
        "begin" => Begin(read()),
        "measure" => _end.Tell(Measure(read())),
        "sync" => _end.Tell(Sync(read())),
        "activate" => Activate(read()),
        "start" => Start(read()),
        "unify" => _end.Tell(Unify(read())),
        "status" => _end.Tell(Status(read())),
        "take-back" => TakeBack(read()),
        _ => null,
    };

    private IncomingAnswer Probe(IncomingRequest request)
    {
        var known = Own(request);
        return new IncomingAnswer { State = known?.State, Checks = new ArrivalChecks(call).Run(request, hasPlace: known is not null), BytesFree = SpaceGuard.FreeAt(_paths.VServers) };
    }

    private int Begin(IncomingRequest request)
    {
        using var locks = _end.Lock("arrive", request.VServer);
        var answer = Probe(request);
        if (answer.Checks!.FirstOrDefault(c => c.State == CheckState.Refused) is { } refused)
        {
            throw new ProblemException(ArrivalChecks.CodeOf(refused), refused.Found);
        }

        var incoming = _store.Begin(request, peer, call.Time.GetUtcNow());
        return _end.Tell(answer with { State = incoming.State, IsSuspect = incoming.BootId != ProcessIdentity.BootId, IsNew = IncomingStore.IsUntouched(_store.TreeOf(request.MoveId)) });
    }

    private IncomingAnswer Measure(IncomingRequest request) =>
        new() { State = IncomingState.Receiving, Fingerprint = TreeFingerprint.Of(_store.RequireTree(request.MoveId, peer), request.Checksums, call.Cancel) };

    private IncomingAnswer Sync(IncomingRequest request)
    {
        var tree = _store.RequireTree(request.MoveId, peer);
        using var directory = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", tree);
        return new IncomingAnswer { State = IncomingState.Receiving };
    }

    private int Activate(IncomingRequest request) => _end.Run("arrive", request.VServer, request.VServerId, operation =>
    {
        var known = Own(request) ?? throw new ProblemException(ProblemCode.NotPermitted, "This move has not begun here.");
        if (known.State == IncomingState.TakenBack)
        {
            throw new ProblemException(ProblemCode.Conflict, "This move was taken back.");
        }

        if (known.State == IncomingState.Receiving)
        {
            var tree = _store.RequireTree(request.MoveId, peer);
            if (new ArrivalChecks(call).Run(request, hasPlace: true).FirstOrDefault(c => c.State == CheckState.Refused) is { } refused)
            {
                throw new ProblemException(ProblemCode.Conflict, refused.Found);
            }

            using var writers = TreeWriters.Exclude(tree, operation.Cancel);

            // sizes and times are on disk sooner than contents, and from here on this is the only one
            ErrnoException.ThrowIfFailed(Libc.syncfs(writers), "syncfs", tree);
            var now = call.Time.GetUtcNow();
            operation.Undo.CommitThen(new FinishArrival(request.MoveId, request.Conf ?? [], request.CreatedAt ?? now, now));
            operation.Undo.Complete();
            operation.After = Configuration.ConfFile.Parse(request.Conf).Text;
        }

        return Now(request);
    });

    private int Start(IncomingRequest request)
    {
        // the name that its source knows may be another's here by now
        var name = RequireArrived(request);
        var leaving = StartHandler.LeaveCaller();
        return OperationRunner.Run(call, LifecycleOperation.Kind("start", name), operation =>
        {
            if (RequireArrived(request) != name)
            {
                throw new ProblemException(ProblemCode.Conflict, $"{name} is being renamed here.");
            }

            if (new RunStateStore(_paths).FindRunning(name) is null)
            {
                new StartHandler(operation, name, leaving).Run();
            }

            return (ReceivingEnd.ToElement(Now(request)), null);
        });
    }

    /// <summary>A job of this host's own: it may take long, and the source has no part in it.</summary>
    private IncomingAnswer Unify(IncomingRequest request)
    {
        var name = RequireArrived(request);
        var id = Guid.NewGuid().ToString("n");
        Jobs.DetachedJob.Start(call with { Report = new UnheardReporter(), Words = ["vserver", name.Value, "unify"], Options = call.Options with { JobId = null } }, id);
        return Now(request) with { JobId = id };
    }

    /// <returns>What it is called here by now.</returns>
    private VServerName RequireArrived(IncomingRequest request) => Own(request) is { State: IncomingState.Activated } && call.Registry.NameOf(request.VServerId) is { } name
        ? name
        : throw new ProblemException(ProblemCode.NotPermitted, "This move has not arrived here.");

    private IncomingAnswer Status(IncomingRequest request)
    {
        using var locks = _end.Lock("arrive", request.VServer);
        return Now(request);
    }

    private int TakeBack(IncomingRequest request) => _end.Run("refuse", request.VServer, request.VServerId, operation =>
    {
        if (Own(request) is { State: IncomingState.Activated } && Whereabouts.WhyNotTakenBack(call, request.VServerId) is { } refusal)
        {
            throw refusal;
        }

        _store.TakeBack(request, peer, call.Time.GetUtcNow());

        // it may be large, and the source waits with the vserver in neither place: what is left, the next sweep removes
        try
        {
            _store.Sweep(request.MoveId, s_forWriters, s_forRemoval, operation.Cancel);
        }
        catch (IOException e)
        {
            operation.Report.Warn(e.Message);
        }

        return Now(request);
    });

    private IncomingAnswer Now(IncomingRequest request) => new() { State = Own(request)?.State, IsThere = IsThere(request) };

    private bool IsThere(IncomingRequest request) => call.Registry.NameOf(request.VServerId) is not null;

    private Incoming? Own(IncomingRequest request) => _store.Find(request.MoveId) is not { } known ? null
        : known.Peer == peer && known.Request == request.Bare() ? known
        : throw new ProblemException(ProblemCode.Conflict, "This move is another one.");
}
