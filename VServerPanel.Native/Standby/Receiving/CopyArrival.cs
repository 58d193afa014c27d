using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Receiving;

/// <summary>The target's end of a copy that is kept: each pass writes beside the complete one, which stays as it is until the next is whole.</summary>
internal sealed class CopyArrival(Invocation call, string peer)
{
    private readonly ReceivingEnd _end = new(call);
    private readonly KeptCopyStore _store = new(call.Paths);
    private readonly Hosts.HostPaths _paths = call.Paths;

    /// <summary>Answers one of the words; null where there is no such word.</summary>
    public int? Answer(string word, Func<IncomingRequest> read) => word switch
    {
        "standby-begin" => Begin(read()),
        "standby-status" => _end.Tell(Status(read())),
        "standby-complete" => Complete(read()),
        "standby-end" => End(read()),
        _ => null,
    };

    private int Begin(IncomingRequest request)
    {
        KeptCopy copy;
        string? tree;
        using (_end.Lock("standby-arrive", NameOf(request)))
        {
            copy = Own(request) ?? new KeptCopy(request.MoveId, request.VServer, request.VServerId, peer, call.Time.GetUtcNow());
            if (copy.PromotedAt is { } promoted)
            {
                return _end.Tell(new IncomingAnswer { PromotedAt = promoted, IsThere = true });
            }

            tree = Require(copy, request);
            foreach (var former in _store.List().Where(c => c.Id != copy.Id && c.VServerId == copy.VServerId && c.EndedAt is null))
            {
                // its source has forgotten it and begins anew, or it was promoted, and is a copy again
                _store.Save(former with { EndedAt = call.Time.GetUtcNow() });
                _store.Sweep(former.Id);
            }

            _store.Sweep(copy.Id);
            if (copy.BootId != ProcessIdentity.BootId && Directory.Exists(_store.NextOf(copy.Id)))
            {
                using var writers = TreeWriters.Exclude(_store.NextOf(copy.Id), call.Cancel);
                TreeRemoval.Remove(_store.NextOf(copy.Id));
            }

            copy = _store.Save(copy with { LastTriedAt = call.Time.GetUtcNow(), BootId = ProcessIdentity.BootId });
        }

        // without the vserver's lock: it may be promoted meanwhile
        if (!Directory.Exists(_store.NextOf(copy.Id)))
        {
            Stage(copy, tree);
        }

        return _end.Tell(new IncomingAnswer { State = IncomingState.Receiving, CompleteAsOf = copy.CompleteAsOf, IsNew = IncomingStore.IsUntouched(_store.NextOf(copy.Id)) });
    }

    /// <summary>Makes the place of the next copy, with what is in the complete one: shared where the file system can, so that only what differs is sent and takes room.</summary>
    private void Stage(KeptCopy copy, string? tree)
    {
        DurableFile.MakePrivateDirectory($"{_paths.VServers}/.standby");
        DurableFile.MakePrivateDirectory(_store.NextOf(copy.Id));
        if (tree is not null)
        {
            using var writers = TreeWriters.Exclude(_store.NextOf(copy.Id), call.Cancel);
            using var source = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            using var target = Libc.open(_store.NextOf(copy.Id), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            new TreeCopy(new SpaceGuard(_paths.VServers), call.Cancel).Copy(source, target);
        }
    }

    private int Complete(IncomingRequest request) => _end.Run("standby-arrive", NameOf(request), request.VServerId, operation =>
    {
        if (Own(request) is not { IsOpen: true } copy || _store.FindTree(copy.Id, peer) is not { } next)
        {
            throw new ProblemException(ProblemCode.NotPermitted, "No pass of this copy has begun here, or it was promoted or has ended.");
        }

        Require(copy, request);
        var name = NameOf(request);
        if (DeleteHandler.MountIn(_paths.TreeOf(name)) is { } mount)
        {
            throw new ProblemException(ProblemCode.Busy, $"A file system is mounted at '{mount}', in the copy. Unmount it ('umount {mount}').");
        }

        using var writers = TreeWriters.Exclude(next, operation.Cancel);
        _store.Sweep(copy.Id);
        Sync(writers, next);
        operation.Undo.CommitThen(new FinishCopy(copy.Id, name, request.Conf ?? [], request.CreatedAt ?? call.Time.GetUtcNow(), request.AsOf ?? call.Time.GetUtcNow(), request.Bytes));
        operation.Undo.Complete();
        return new IncomingAnswer { IsThere = true, CompleteAsOf = _store.Find(copy.Id)?.CompleteAsOf };
    });

    private IncomingAnswer Status(IncomingRequest request)
    {
        // under its lock: a promotion that is under way has ended, or is finished now
        using var locks = _end.Lock("standby-arrive", NameOf(request));
        var copy = Own(request);
        return new IncomingAnswer { CompleteAsOf = copy?.CompleteAsOf, PromotedAt = copy?.PromotedAt, IsThere = _store.NameOf(request.VServerId) is not null };
    }

    private int End(IncomingRequest request) => _end.Run("standby-end", NameOf(request), request.VServerId, operation =>
    {
        if (Own(request) is { } copy)
        {
            // what is complete stays, and is a copy: to be deleted or promoted here
            _store.Save(copy with { EndedAt = copy.EndedAt ?? call.Time.GetUtcNow() });
            _store.Sweep(copy.Id);
        }

        return new IncomingAnswer { IsThere = _store.NameOf(request.VServerId) is not null };
    });

    /// <summary>Whether this pass may be made.</summary>
    /// <returns>The complete copy that is here; null where there is none yet.</returns>
    private string? Require(KeptCopy copy, IncomingRequest request)
    {
        if (copy.EndedAt is not null)
        {
            throw new ProblemException(ProblemCode.Conflict, "This copy was ended: 'vserver NAME standby stop', and begin it anew.");
        }

        var here = _store.NameOf(copy.VServerId);
        if (here is { } name)
        {
            var source = call.Registry.Find(name)!.StandbyOf;
            if (source != peer)
            {
                throw new ProblemException(ProblemCode.Conflict, source is null
                    ? $"The same vserver is here, as {name}, and is no copy. If this is the copy: 'vserver {name} standby --of {peer}' here."
                    : $"{name} is the copy of {source}'s here, not of {peer}'s.");
            }

            if (new RunStateStore(_paths).Find(name) is { } state && (state.IsAlive || state.IsOwned))
            {
                throw new ProblemException(ProblemCode.AlreadyRunning, $"{name} runs here.");
            }
        }
        else if (copy.CompleteAsOf is not null)
        {
            throw new ProblemException(ProblemCode.Conflict, $"The copy was deleted here. 'vserver {request.VServer} standby stop' there ends it; then it can be begun anew.");
        }

        var isShared = here is not null && Reflink.IsSupportedAt(_paths.VServers);
        var refused = new ArrivalChecks(call).Run(request, hasPlace: isShared || Directory.Exists(_store.NextOf(copy.Id)))
            .FirstOrDefault(c => c.State == CheckState.Refused && c.Key != "addresses" && !(c.Key == "name" && here is not null));
        return refused is null
            ? here is { } own && Directory.Exists(_paths.TreeOf(own)) ? _paths.TreeOf(own) : null
            : throw new ProblemException(ArrivalChecks.CodeOf(refused), refused.Remedy is null ? refused.Found : $"{refused.Found} {refused.Remedy}");
    }

    // sizes and times of what arrived are on disk sooner than contents
    private static void Sync(SafeFileHandle directory, string path) => ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", path);

    private VServerName NameOf(IncomingRequest request) => _store.NameOf(request.VServerId) ?? request.VServer;

    private KeptCopy? Own(IncomingRequest request) => _store.Find(request.MoveId) is not { } known ? null
        : known.Peer == peer && known.VServerId == request.VServerId ? known
        : throw new ProblemException(ProblemCode.Conflict, "This copy is another one.");
}
