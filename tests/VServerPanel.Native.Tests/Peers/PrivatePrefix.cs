using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>A directory that holds all host paths of one test, and is gone after it.</summary>
public sealed class PrivatePrefix : IDisposable
{
    public PrivatePrefix()
    {
        // /tmp may be a tmpfs; trees belong on a disk
        Directory = $"/var/tmp/vs-{Guid.NewGuid():n}"[..20];
        System.IO.Directory.CreateDirectory(Directory);
        Paths = new HostPaths(Directory);
        Paths.EnsureDirectories();
    }

    public string Directory { get; }

    internal HostPaths Paths { get; }

    internal RecordingReporter Report { get; } = new();

    /// <summary>A call as the dispatcher makes it.</summary>
    internal Invocation Call(params string[] words) => new()
    {
        Paths = Paths,
        Report = Report,
        Options = new GlobalOptions(),
        Actor = new Actor("root"),
        Words = ["vserver", .. words],
        Cancel = TestContext.Current.CancellationToken,
    };

    /// <summary>Every entry below the prefix that an undone operation must leave as it was: jobs and the journal tell of what was tried, and stay.</summary>
    internal IReadOnlyList<string> Snapshot() =>
        [.. TreeSnapshot.Take(Directory).Where(l => !l.StartsWith("./var/lib/vservers/jobs/", StringComparison.Ordinal) && !l.StartsWith("./var/log/vservers/", StringComparison.Ordinal))];

    internal IReadOnlyList<JournalEntry> ReadJournal() => [.. new Journal(Paths).Read()];

    public void Dispose()
    {
        // vserver-info alone loads the programs and makes a cgroup to try them out in
        if (Environment.UserName == "root")
        {
            new Native.Kernel.Ipv4Root(Paths).Programs.Unload();
            Native.Limits.CgroupTree.Detect().Remove(Paths.CgroupParent);
        }

        for (var tries = 0; ; tries++)
        {
            try
            {
                TreeRemoval.Remove(Directory);
                return;
            }
            catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOTEMPTY && tries < 20)
            {
                // the last program of a vserver that has just ended writes its record yet
                Thread.Sleep(100);
            }
        }
    }
}

/// <summary>Keeps what a command says.</summary>
internal sealed class RecordingReporter : IReporter
{
    private readonly Lock _gate = new();
    private readonly List<WireEvent> _events = [];

    public IReadOnlyList<WireEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public bool IsFinished { get; private set; }

    public void Write(WireEvent wireEvent, string? human = null)
    {
        lock (_gate)
        {
            if (!IsFinished)
            {
                _events.Add(wireEvent);
                IsFinished = wireEvent.IsLast;
            }
        }
    }

    public IEnumerable<T> All<T>()
        where T : WireEvent => Events.OfType<T>();
}
