using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Tests.Fakes;

/// <summary>A host with some vservers, whose every answer a test can change.</summary>
internal sealed class HostOfVServers
{
    private readonly Dictionary<VServerName, VServerStatus> _vservers = [];
    private readonly List<Channel<WireEvent>> _watchers = [];
    private readonly Channel<WireEvent> _processes = Channel.CreateUnbounded<WireEvent>();

    public HostOfVServers(params VServerStatus[] vservers)
        : this("host1", vservers)
    {
    }

    public HostOfVServers(string name, params VServerStatus[] vservers)
    {
        Command = new FakeHost(name);
        foreach (var vserver in vservers)
        {
            _vservers[vserver.Name] = vserver;
        }

        Command.OnCall("vserver-stat", (request, stopping) => Stat(request.Words.Contains("--watch"), stopping));
        Command.On("vserver-info", new HelloEvent(1, []), FakeHost.Result(Report));
        Command.On("vserver-jobs journal", new HelloEvent(1, []), FakeHost.Result(new JournalPosition(0)));
        Command.On("vserver-jobs list", new HelloEvent(1, []), new ResultEvent());
        Command.On("newvserver --list-sources", new HelloEvent(1, []), FakeHost.Item(ItemKinds.BuildSource, Bookworm), FakeHost.Item(ItemKinds.BuildSource, Skeleton), new ResultEvent());
    }

    public FakeHost Command { get; }

    public static BuildSource Bookworm { get; } = new(BuildMethod.Debootstrap, "bookworm", "Debian 12 (bookworm)", "https://deb.example.org", 300L << 20);

    public static BuildSource Skeleton { get; } = new(BuildMethod.Skeleton, "", "Empty directories");

    public static HostReport Report { get; } = new()
    {
        Hostname = "root1",
        Kernel = "6.18.0",
        Distribution = "Debian GNU/Linux 12",
        Architecture = "x86_64",
        Version = "0.1.0",
        Processors = 4,
        MemoryBytes = 16L << 30,
        StorageBytes = 100L << 30,
        StorageFreeBytes = 40L << 30,
        StorageFileSystem = "xfs",
        Addresses = ["198.51.100.4"],
        Devices = ["eth0", "br0"],
        Bridges = ["br0"],
        Capabilities = [new("bpf-lsm", "BPF in the security hooks", CapabilityState.Missing, "lsm= has no bpf", "Guests cannot upgrade unified files.", "Add bpf to lsm=.")],
    };

    public static VServerStatus VServer(string name, VServerState state, string? address = null, string description = "", string? jobId = null) => new()
    {
        Id = new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)),
        Name = VServerName.Parse(name),
        State = state,
        Hostname = $"{name}.example.net",
        Description = description,
        Addresses = address is null ? [] : [address],
        JobId = jobId,
        StartedAt = state == VServerState.Running ? DateTimeOffset.UtcNow.AddHours(-1) : null,
    };

    /// <summary>Answers <c>vps --watch</c> with these, and with what <see cref="TellProcess"/> is given later.</summary>
    public void RunsProcesses(params ProcessInfo[] processes)
    {
        foreach (var process in processes)
        {
            TellProcess(FakeHost.Item(ItemKinds.Process, process));
        }

        TellProcess(FakeHost.Item(ItemKinds.SnapshotComplete, new Dictionary<string, string>()));
        Command.OnCall("vps --watch", (_, stopping) => _processes.Reader.ReadAllAsync(stopping));
    }

    public void TellProcess(WireEvent wireEvent) => _processes.Writer.TryWrite(wireEvent);

    /// <summary>Says that a vserver is new or has changed.</summary>
    public void Tell(VServerStatus vserver)
    {
        lock (_vservers)
        {
            _vservers[vserver.Name] = vserver;
            _watchers.ForEach(w => w.Writer.TryWrite(FakeHost.Item(ItemKinds.VServer, vserver)));
        }
    }

    /// <summary>Answers what starts a job, and what asks for it afterwards.</summary>
    public void RunsJobs(string command, params WireEvent[] log) => Command.On(command, request =>
    {
        var job = new JobInfo
        {
            Id = request.JobId!,
            Operation = request.Words[^1],
            VServer = VServerName.Parse(request.Words[1]),
            Actor = new Actor("vserverpanel", PanelUser: request.Caller?.UserName),
            Command = request.Words,
            State = JobState.Succeeded,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = DateTimeOffset.UtcNow,
        };
        Command.On($"vserver-jobs show {job.Id}", new HelloEvent(1, []), FakeHost.Result(job));
        Command.On($"vserver-jobs follow {job.Id}", [new HelloEvent(1, [], job.Id), .. log, new ResultEvent()]);
        return [new HelloEvent(1, [], job.Id), new ResultEvent()];
    });

    /// <summary>Whether it answers; who watches it is cut off when it no longer does.</summary>
    public bool IsUp
    {
        get;
        set
        {
            field = value;
            lock (_vservers)
            {
                _watchers.ForEach(w => w.Writer.TryComplete());
                _watchers.Clear();
            }
        }
    } = true;

    private async IAsyncEnumerable<WireEvent> Stat(bool watch, [EnumeratorCancellation] CancellationToken stopping)
    {
        if (!IsUp)
        {
            yield return new ProblemEvent(ProblemCode.Unreachable, $"{Command.HostName} cannot be reached: no route to host");
            yield break;
        }

        var channel = Channel.CreateUnbounded<WireEvent>();
        lock (_vservers)
        {
            channel.Writer.TryWrite(new HelloEvent(1, []));
            foreach (var vserver in _vservers.Values)
            {
                channel.Writer.TryWrite(FakeHost.Item(ItemKinds.VServer, vserver));
            }

            if (watch)
            {
                channel.Writer.TryWrite(FakeHost.Item(ItemKinds.SnapshotComplete, new Dictionary<string, string>()));
                _watchers.Add(channel);
            }
            else
            {
                channel.Writer.TryWrite(new ResultEvent());
                channel.Writer.Complete();
            }
        }

        await foreach (var wireEvent in channel.Reader.ReadAllAsync(stopping))
        {
            yield return wireEvent;
        }
    }
}
