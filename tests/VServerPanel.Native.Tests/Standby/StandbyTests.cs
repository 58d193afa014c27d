using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Standby;

[Collection(RealHost.Name)]
public sealed class StandbyTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Copy_StartRestartAndBoot_LeaveItOff()
    {
        _host.Add("shop", "ONBOOT=yes\n");
        _host.Add("mail", "ONBOOT=yes\n");
        _host.Expect("shop", "standby", "--of", "host1");

        var refused = _host.VServer("--json", "shop", "start").Events[^1];
        Assert.Equal(ProblemCode.NotPermitted, Assert.IsType<ProblemEvent>(refused).Code);
        Assert.Contains("vserver shop promote --confirm shop --fenced", ((ProblemEvent)refused).Message, StringComparison.Ordinal);
        var plan = WireProtocol.FromElement<OperationPlan>(Assert.IsType<ResultEvent>(_host.VServer("--json", "--plan", "shop", "start").Events[^1]).Data!.Value);
        Assert.Equal(ProblemCode.NotPermitted, plan.Problems[0].Code);

        refused = _host.VServer("--json", "shop", "restart").Events[^1];
        Assert.Equal(ProblemCode.NotPermitted, Assert.IsType<ProblemEvent>(refused).Code);
        Assert.Equal(3, _host.VServer("shop", "running").ExitCode);

        // one that is a copy is no failure of the host's boot
        _host.Expect("--as", "vserver-boot", "start");
        Assert.Equal((3, 0), (_host.VServer("shop", "running").ExitCode, _host.VServer("mail", "running").ExitCode));
        Assert.Null(new RunStateStore(_host.Paths).Find(VServerName.Parse("shop")));
    }

    [Fact]
    public void Promote_WithTheAdministratorsWord_MakesItStartable()
    {
        _host.Add("shop");
        _host.Expect("shop", "standby", "--of", "host1");
        var id = Status("shop").Id;
        Assert.Equal((VServerState.Standby, "host1"), (Status("shop").State, Status("shop").StandbyOf));
        Assert.Contains("standby", _host.Expect("--as", "vserver-stat"), StringComparison.Ordinal);

        foreach (var words in (string[][])[["promote"], ["promote", "--fenced"], ["promote", "--confirm", "shop"], ["promote", "--confirm", "mail", "--fenced"]])
        {
            var refused = Assert.IsType<ProblemEvent>(_host.VServer(["--json", "shop", .. words]).Events[^1]);
            Assert.Equal(ProblemCode.InvalidArgument, refused.Code);
            Assert.Contains("host1", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(VServerState.Standby, Status("shop").State);
        var result = Assert.IsType<ResultEvent>(_host.VServer("--json", "shop", "promote", "--confirm", "shop", "--fenced").Events[^1]);
        Assert.Equal("host1", WireProtocol.FromElement<PromoteOutcome>(result.Data!.Value).Peer);
        Assert.Equal((id, VServerState.Stopped, null), (Status("shop").Id, Status("shop").State, Status("shop").StandbyOf));
        _host.Expect("shop", "start");
        _host.Expect("shop", "stop");
        Assert.Equal(
            ["standby asked", "standby ended", "promote asked", "promote ended", "start asked", "start ended"],
            _host.Prefix.ReadJournal().Select(e => $"{e.Operation} {e.Phase}".ToLowerInvariant()).Where(e => !e.StartsWith("stop", StringComparison.Ordinal)));
    }

    [Fact]
    public void Standby_RunningOrMarkedOrBadHost_IsRefused()
    {
        _host.Add("shop");
        Assert.Equal(ProblemCode.InvalidArgument, Refusal("shop", "standby", "--of", "two words"));
        Assert.Equal(ProblemCode.InvalidArgument, Refusal("shop", "standby"));
        _host.Expect("shop", "start");
        Assert.Equal(ProblemCode.AlreadyRunning, Refusal("shop", "standby", "--of", "host1"));
        _host.Expect("shop", "stop");
        _host.Expect("shop", "standby", "--of", "host1");
        Assert.Equal(ProblemCode.AlreadyExists, Refusal("shop", "standby", "--of", "host2"));
    }

    [Fact]
    public void Promote_OfTheRealOne_IsRefused()
    {
        _host.Add("shop");
        Assert.Equal(ProblemCode.Conflict, Refusal("shop", "promote", "--confirm", "shop", "--fenced"));
        Assert.Equal(ProblemCode.NotFound, Refusal("nobody", "promote", "--confirm", "nobody", "--fenced"));
    }

    [Fact]
    public void Promote_KilledAtAnyPoint_IsWhollyACopyOrWhollyTheRealOne()
    {
        _host.Add("shop");
        for (var point = 1; ; point++)
        {
            if (Status("shop").State is not VServerState.Standby)
            {
                _host.Expect("shop", "standby", "--of", "host1");
            }

            var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = $"{point}" }, "--json", "shop", "promote", "--confirm", "shop", "--fenced");
            _host.Expect("--as", "vserver-jobs", "recover");
            Assert.Contains(Status("shop").State, (VServerState[])[VServerState.Standby, VServerState.Stopped]);
            if (!result.WasKilled)
            {
                Assert.True(point > 1);
                Assert.Equal(VServerState.Stopped, Status("shop").State);
                return;
            }
        }
    }

    [Fact]
    public void Status_ReaderThatIsKept_SeesMarkAndPromotion()
    {
        var name = _host.Add("shop");
        var reader = new Native.Processes.StatusReader(_host.Paths, TimeProvider.System);
        Assert.Equal(VServerState.Stopped, Read().State);
        _host.Expect("shop", "standby", "--of", "host1");
        Assert.Equal((VServerState.Standby, "host1"), (Read().State, Read().StandbyOf));
        _host.Expect("shop", "promote", "--confirm", "shop", "--fenced");
        Assert.Equal(VServerState.Stopped, Read().State);

        VServerStatus Read() => reader.Read(name, new Dictionary<VServerName, string>());
    }

    [Fact]
    public void CopyMadeTheRealOne_WhileItRan_IsNotStartedAgainAndIsTheCopyFromTheNextBootOn()
    {
        var shop = _host.Add("shop", "ONBOOT=yes\n");
        _host.Add("mail", "ONBOOT=yes\n");
        _host.Expect("shop", "start");
        var id = Status("shop").Id;
        var store = new KeptStandbyStore(_host.Paths);
        var at = DateTimeOffset.UtcNow.AddHours(-1);
        var kept = store.Add(new KeptStandby(new string('a', 32), shop, id, "host2", at.AddDays(-1)) { CompleteAsOf = at, PromotedAt = at });

        // it is left alone, and is not started again once it was stopped
        Assert.Equal(ProblemCode.NotPermitted, Refusal("shop", "restart"));
        Assert.Equal(0, _host.VServer("shop", "running").ExitCode);
        _host.Expect("shop", "stop");
        var refused = Assert.IsType<ProblemEvent>(_host.VServer("--json", "shop", "start").Events[^1]);
        Assert.Equal(ProblemCode.NotPermitted, refused.Code);
        Assert.Contains("standby --of host2", refused.Message, StringComparison.Ordinal);
        var plan = WireProtocol.FromElement<OperationPlan>(Assert.IsType<ResultEvent>(_host.VServer("--json", "--plan", "shop", "start").Events[^1]).Data!.Value);
        Assert.Equal(ProblemCode.NotPermitted, plan.Problems[0].Code);

        // forgotten, it is an ordinary one; the host that cannot be told is no host of this one's
        _host.Expect("shop", "standby", "stop");
        _host.Expect("shop", "start");
        _host.Expect("shop", "stop");

        // at boot it becomes the copy; the record that is damaged keeps nobody off, and is told
        store.Add(kept);
        File.WriteAllText($"{_host.Paths.State}/standby/{new string('b', 32)}.json", "{");
        var boot = _host.VServer("--as", "vserver-boot", "start");
        Assert.True(boot.ExitCode == 0, boot.Error);
        Assert.Contains("damaged", boot.Error, StringComparison.Ordinal);
        Assert.Equal((3, 0), (_host.VServer("shop", "running").ExitCode, _host.VServer("mail", "running").ExitCode));
        Assert.Equal((VServerState.Standby, "host2"), (Status("shop").State, Status("shop").StandbyOf));
        Assert.DoesNotContain(store.List(_ => { }), s => s.VServerId == id);
    }

    private ProblemCode Refusal(params string[] words) => Assert.IsType<ProblemEvent>(_host.VServer(["--json", .. words]).Events[^1]).Code;

    private VServerStatus Status(string name) => _host.VServer("--json", "--as", "vserver-stat").Events.OfType<ItemEvent>()
        .Where(i => i.Kind == ItemKinds.VServer).Select(i => WireProtocol.FromElement<VServerStatus>(i.Data)).Single(s => s.Name.Value == name);
}
