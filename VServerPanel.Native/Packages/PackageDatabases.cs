using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Finds a root's package database.</summary>
internal static class PackageDatabases
{
    /// <summary>Where rpm's database lies: since Fedora 36, and in openSUSE, below /usr, so that a snapshot of the system has it.</summary>
    public static IReadOnlyList<string> RpmDirectories { get; } = ["usr/lib/sysimage/rpm", "var/lib/rpm"];

    /// <summary>Which package manager a root has; null where it has none that we know.</summary>
    public static PackageFormat? FormatOf(SafeFileHandle root) =>
        GuestRoot.Has(root, DpkgDatabase.StatusPath) ? PackageFormat.Dpkg
        : RpmDirectories.Any(directory => GuestRoot.Has(root, directory)) ? PackageFormat.Rpm
        : null;

    /// <summary>Opens a vserver's database; null where it has none. For rpm's its own rpm is asked, unless nothing has changed since it last was: if the
    /// vserver is stopped, it is started without its services for that, as an operation of its own.</summary>
    /// <param name="call">Who asks.</param>
    /// <param name="name">The vserver.</param>
    /// <param name="root">Its root's directory; must stay open as long as the database is used.</param>
    /// <param name="isLocked">Whether the caller holds the vserver's lock.</param>
    /// <param name="updates">Where what can be upgraded is of interest, too: asked in the same go.</param>
    /// <exception cref="ProblemException">Its rpm could not be asked.</exception>
    public static PackageDatabase? Open(Invocation call, VServerName name, SafeFileHandle root, bool isLocked, DnfUpdates? updates = null)
    {
        if (FormatOf(root) != PackageFormat.Rpm)
        {
            return Open(root);
        }

        var listing = new RpmListing(call, name, root);
        var answer = listing.TryOpenKept();
        var isAsked = updates?.TryReadKept() == false;
        if (answer is not null && !isAsked)
        {
            return answer;
        }

        try
        {
            Ask(call, name, isLocked, (session, cancel) =>
            {
                answer ??= listing.Ask(session, cancel);
                if (isAsked)
                {
                    updates!.Ask(session, cancel);
                }
            });
        }
        catch (Exception e) when (answer is not null && isAsked && e is ProblemException or IOException)
        {
            // what is installed is known nevertheless
            call.Cancel.ThrowIfCancellationRequested();
            updates!.Fault = ProblemException.ToEvent(e).Message;
        }

        return answer;
    }

    /// <summary>The same for a look that changes nothing: a vserver that is stopped is not started for it.</summary>
    /// <exception cref="ProblemException">NotRunning: its rpm would have to be asked. As above.</exception>
    public static PackageDatabase? OpenWithoutStart(Invocation call, VServerName name, SafeFileHandle root)
    {
        if (FormatOf(root) != PackageFormat.Rpm)
        {
            return Open(root);
        }

        return new RpmListing(call, name, root).TryOpenKept()
            ?? (new Lifecycle.RunStateStore(call.Paths).FindRunning(name) is not null
                ? Open(call, name, root, isLocked: false)
                : throw new ProblemException(ProblemCode.NotRunning, $"{name} is stopped, and only its own rpm can tell them. 'vcheck --packages {name}' asks it."));
    }

    /// <summary>Opens the database of a root that has one we can read from outside; null where it has none, or one of rpm's, which only its own rpm may read.</summary>
    /// <param name="root">The root's directory; must stay open as long as the database is used.</param>
    public static PackageDatabase? Open(SafeFileHandle root) => FormatOf(root) == PackageFormat.Dpkg ? new DpkgDatabase(root) : null;

    private static void Ask(Invocation call, VServerName name, bool isLocked, Action<GuestSession, CancellationToken> ask)
    {
        var kind = new OperationKind("list-packages", name) { IsJob = false, IsDurable = false, IsLocked = !isLocked, Patience = TimeSpan.FromSeconds(30) };
        var own = call with { Report = new PrefixedReporter(call.Report, name), Options = call.Options with { JobId = null, Detach = false } };
        OperationRunner.Run(own, kind, operation =>
        {
            using var session = GuestSession.Open(operation, name);
            ask(session, operation.Cancel);
            session.Complete();
            return (null, null);
        });
    }
}
