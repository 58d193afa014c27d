using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>Shares of a vserver that runs: what its conf file says of one is made so at once.</summary>
/// <remarks>What is mounted into a mount namespace later is not locked there, so whoever has CAP_SYS_ADMIN in it could make a read-only one writable, or take it
/// away. A vserver that may have it keeps the shares of its start, which are locked (<see cref="ShareMounts"/>).</remarks>
internal sealed class LiveShares(HostPaths paths, VServerName name)
{
    private readonly RunState? _running = new RunStateStore(paths).FindRunning(name);

    /// <summary>Whether it runs, and follows a change at once.</summary>
    public bool Follow => _running is { SharesFollow: true };

    /// <summary>Why it does not follow although it runs, as a sentence; null where it does, or does not run.</summary>
    public string? WhyNot => _running switch
    {
        null or { SharesFollow: true } => null,
        { } state when state.Capabilities.Contains("CAP_SYS_ADMIN", StringComparer.Ordinal) => $"{name} runs with CAP_SYS_ADMIN (S_CAPS), by which it could undo what is mounted for it later, read-only among that. So it counts from its next start on: vserver {name} restart",
        _ when !HostPaths.IsById(paths.HandleOf(name)) => $"{name} was started by an earlier version of this command. So it counts from its next start on: vserver {name} restart",
        _ => $"{name} runs with NEST=yes, where what runs nested in it keeps what was mounted. So it counts from its next start on: vserver {name} restart",
    };

    /// <summary>Whether a share is mounted now; null where the vserver does not run.</summary>
    public bool? IsMounted(HostShare share)
    {
        if (_running is null)
        {
            return null;
        }

        try
        {
            using var mounts = GuestMounts.Of(_running);
            return mounts.Find(share, InConf()) != 0;
        }
        catch (ProblemException e) when (e.Code == ProblemCode.NotRunning)
        {
            return null;
        }
    }

    /// <summary>Mounts it, if it is not.</summary>
    public void Mount(HostShare share)
    {
        using var mounts = GuestMounts.Of(_running!);
        if (mounts.Find(share, InConf()) != 0)
        {
            return;
        }

        var entry = new VServerRegistry(paths, TimeProvider.System).FindOrAdd(name);
        using var root = StorageCheck.OpenRoot(paths.VServers, name);
        using var users = UserNamespace.Open(entry.IdBase, entry.IdCount);
        using var shares = new ShareMounts(paths, [share], root, users);
        FaultPoint.Reach();
        shares.Attach(mounts);
        FaultPoint.Reach();
    }

    /// <summary>Unmounts it, if it is mounted.</summary>
    /// <exception cref="ProblemException">Busy: by whom it is used.</exception>
    public void Unmount(HostShare share)
    {
        using var mounts = GuestMounts.Of(_running!);
        if (mounts.Find(share, InConf()) is not (> 0 and var mount))
        {
            return;
        }

        FaultPoint.Reach();
        if (!mounts.Detach(mount, evenInUse: false))
        {
            throw new ProblemException(ProblemCode.Busy, $"'{share.Target}' is in use in {name}{MountUsers.Describe(paths, name, mount)}, and stays. End that, or take the share away while {name} is stopped.");
        }

        FaultPoint.Reach();
    }

    /// <summary>Makes it as the conf file has it: the undo of both.</summary>
    public void Fit(HostShare share)
    {
        if (!Follow)
        {
            return;
        }

        if (InConf().Contains(share))
        {
            Mount(share);
            return;
        }

        using var mounts = GuestMounts.Of(_running!);
        if (mounts.Find(share, InConf()) is > 0 and var mount)
        {
            mounts.Detach(mount, evenInUse: true);
        }
    }

    private IReadOnlyList<HostShare> InConf() => VServerConf.From(ConfFile.Read(paths.ConfOf(name))).Conf.Shares;
}

/// <summary>Has a running vserver follow its conf file, after that has its old content again.</summary>
internal sealed record FitShare(VServerName Name, string Share) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        try
        {
            new LiveShares(paths, Name).Fit(HostShare.TryParse(Share, out _)!);
        }
        catch (ProblemException e) when (e.Code == ProblemCode.NotRunning)
        {
            // its next start reads the conf file
        }
    }
}
