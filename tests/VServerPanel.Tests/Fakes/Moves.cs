using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Tests.Fakes;

/// <summary>What a host that knows others says of moves.</summary>
internal static class Moves
{
    public const string Id = "5d1c7a3c0e2f4b6f8f2f1b9c7d3e4a50";
    public const string HostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICe2RLaNQ1K7gqfPi0J1VEwXc38pWJtjD6HkpPIGojbY";
    public const string Fingerprint = "SHA256:x8o4W3Tp0DVjkrv3M8PUMHDcoPwj3ahNIT7onOwaJTU";

    public static PeerInfo HostB { get; } = new("hostb", "192.0.2.7", 22, Fingerprint);

    public static PeerReport Report { get; } = new() { Version = "0.1.0", Hostname = "hostb", Architecture = "x86_64", Kernel = "6.18.0", CgroupVersion = 2, BytesFree = 40L << 30 };

    public static MovePlan Plan { get; } = new()
    {
        To = "hostb",
        Steps = [new PlanStep("Copying '/vservers/web1' to hostb while it runs, and again as long as much of it changes meanwhile"), new PlanStep("Stopping web1")],
        Checks = [new("space", "Room", CheckState.Ok, "40G free there."), new("hook", "Hook script", CheckState.Warning, "'/etc/vservers/web1.sh' does not go with it.", "Copy it by hand.")],
        Warnings = ["'/etc/vservers/web1.sh' does not go with it."],
        LeftOut = ["Its console logs stay here."],
        Bytes = 400L << 20,
        Files = 25_000,
        BytesFree = 40L << 30,
        Command = ["vserver", "web1", "move"],
    };

    public static MoveOutcome Outcome { get; } = new()
    {
        MoveId = Id,
        Peer = "hostb",
        Bytes = 400L << 20,
        Files = 25_000,
        BytesSent = 380L << 20,
        Milliseconds = 42_000,
        DowntimeMilliseconds = 3_420,
        Verified = true,
        Checksums = false,
        KeptUntil = DateTimeOffset.UnixEpoch.AddDays(20_000),
        Warnings = ["'/etc/vservers/web1.sh' does not go with it."],
    };

    public static MoveInfo Move(string name, MoveState state, MovePhase phase = MovePhase.Copying, MoveDirection direction = MoveDirection.Outgoing, string? jobId = null) => new()
    {
        Id = Id,
        VServer = VServerName.Parse(name),
        VServerId = HostOfVServers.VServer(name, VServerState.Stopped).Id,
        Direction = direction,
        Peer = "hostb",
        Phase = phase,
        State = state,
        StartedAt = DateTimeOffset.UnixEpoch,
        KeptUntil = state is MoveState.Kept ? DateTimeOffset.UnixEpoch.AddDays(20_000) : null,
        EndedAt = state is MoveState.Kept ? DateTimeOffset.UnixEpoch.AddMinutes(1) : null,
        Bytes = 400L << 20,
        JobId = jobId,
    };

    public static void Tells(this HostOfVServers host, params MoveInfo[] moves) =>
        host.Command.On("vserver-moves list", [new HelloEvent(1, []), .. moves.Select(m => FakeHost.Item(ItemKinds.Move, m)), new ResultEvent()]);

    public static void Knows(this HostOfVServers host, params PeerInfo[] peers)
    {
        host.Command.On("vserver-hosts list", [new HelloEvent(1, []), .. peers.Select(p => FakeHost.Item(ItemKinds.Peer, p)), FakeHost.Item(ItemKinds.AllowedPeer, new AllowedPeer("hostc", Fingerprint)), new ResultEvent()]);
        host.Command.On("vserver-hosts check", new HelloEvent(1, []), FakeHost.Result(Report));
    }

    /// <summary>Takes what begins so as a job that is done at once.</summary>
    public static void TakesJobs(this HostOfVServers host, string beginning) =>
        host.Command.On(beginning, request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(Plan)] : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
}
