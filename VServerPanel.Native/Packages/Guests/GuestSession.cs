using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Guests;

/// <summary>A vserver in which programs of its own can be run, whether it runs or not: one that is stopped is started without its services for as long as that takes.</summary>
/// <remarks>A guest's package manager is never run on the host: it reads what the guest has written, and packages have scripts.</remarks>
internal sealed class GuestSession : IDisposable
{
    private readonly Operation _operation;
    private readonly VServerName _name;
    private readonly RunState _state;
    private readonly string _folder;

    private GuestSession(Operation operation, VServerName name)
    {
        (_operation, _name, _folder) = (operation, name, ClearGuest.FolderOf(operation.Id));
        if (new RunStateStore(Paths).FindRunning(name) is { } running)
        {
            _state = running;
        }
        else
        {
            var start = new StartHandler(operation, name, StartHandler.LeaveCaller()) { IsMaintenance = true };
            start.Run();
            (_state, IsMaintenance) = (start.State, true);
        }

        Root = StorageCheck.OpenRoot(Paths.VServers, name);
        operation.Undo.Before(new ClearGuest(name, _folder));
        if (IsMaintenance)
        {
            // Debian's invoke-rc.d asks this program before it starts a service (README.policy-rc.d of init-system-helpers). Where the guest has one, it has its reasons.
            if (!GuestRoot.Has(Root, ClearGuest.Policy))
            {
                GuestRoot.Write(Root, ClearGuest.Policy, ClearGuest.PolicyText, 0b111_101_101);
            }
        }
    }

    /// <summary>What a package manager gets to end: apt-get does after the dpkg run that it is at (pkgDPkgPM::DoDPkgGo, SigINT), rpm after its transaction.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The vserver's tree.</summary>
    public SafeFileHandle Root { get; }

    /// <summary>Whether it was stopped, and is started for this only.</summary>
    public bool IsMaintenance { get; }

    private HostPaths Paths => _operation.Paths;

    /// <summary>Opens it; the caller holds the vserver's lock if it does not run.</summary>
    public static GuestSession Open(Operation operation, VServerName name) => new(operation, name);

    /// <summary>Runs a program of the guest's as its root, to its end.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="environment">Beyond what every process there has.</param>
    /// <param name="patience">Then it is killed.</param>
    /// <param name="onLine">Told its output.</param>
    /// <param name="onErrorLine">Told its error output.</param>
    /// <param name="grace">How long it may take to end where it is cancelled; zero for what changes nothing.</param>
    /// <param name="cancel">Asks it to end.</param>
    /// <returns>Its exit code; 128 plus the signal that ended it.</returns>
    public int Run(IReadOnlyList<string> words, IReadOnlyList<string> environment, TimeSpan patience, Action<string> onLine, Action<string> onErrorLine, TimeSpan grace, CancellationToken cancel)
    {
        var guest = new GuestExec(Paths, _name, _state);
        var process = guest.Describe(GuestUser.Root, words, hasTerminal: false, ["LC_ALL=C.UTF-8", .. environment]);
        return guest.RunGently(process, patience, onLine, onErrorLine, $"{Paths.RunDirectoryOf(_name)}/program-{_operation.Id}.pid", grace, cancel);
    }

    /// <summary>Puts a file of the host's where the guest can read it, until the session is over.</summary>
    /// <returns>Its path in the guest.</returns>
    public string PutFile(SafeFileHandle file, string name)
    {
        GuestRoot.EnsureDirectory(Root, _folder, 0b111_101_101);
        using var folder = Libc.openInRoot(Root, _folder, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, resolve: Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS);
        using var copy = Libc.openat(folder, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0b110_100_100);
        var buffer = new byte[1 << 17];
        for (long at = 0; RandomAccess.Read(file, buffer, at) is > 0 and var count; at += count)
        {
            _operation.Cancel.ThrowIfCancellationRequested();
            RandomAccess.Write(copy, buffer.AsSpan(0, count), at);
        }

        ErrnoException.ThrowIfFailed(Libc.fchmod(copy, 0b110_100_100), "fchmod", name);
        return $"/{_folder}/{name}";
    }

    /// <summary>From here on nothing is rolled back: the session is taken apart when its operation completes, or by recovery.</summary>
    public void Complete() => _operation.Undo.CommitThen(IsMaintenance
        ? [new ClearGuest(_name, _folder), new EndProcesses(_name), new RunHook(_name, HookScript.PostStop) { Report = _operation.Report }, new ClearRun(_name)]
        : [new ClearGuest(_name, _folder)]);

    public void Dispose() => Root.Dispose();
}
