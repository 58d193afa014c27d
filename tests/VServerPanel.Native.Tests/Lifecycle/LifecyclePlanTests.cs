using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

public sealed class LifecyclePlanTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Start_ItWouldBeRefused_PlanSaysWhy()
    {
        Assert.Equal([ProblemCode.InvalidConfiguration], Problems(new StartVerb(), "IPROOT=10.0.0.999\n"));
        Assert.Equal([ProblemCode.NotFound], Problems(new StartVerb(), ""));
        Assert.Equal([ProblemCode.NotRunning, ProblemCode.NotFound], Problems(new RestartVerb(), ""));

        Take("10.99.99.99", "other");
        Assert.Equal([ProblemCode.AddressInUse, ProblemCode.NotFound], Problems(new StartVerb(), "IPROOT=10.99.99.99\n"));
    }

    [Fact]
    public void Start_ThereIsAPreStartScript_WhatItMayChangeIsAWarning()
    {
        File.WriteAllText(_prefix.Paths.HookOf(s_name), "");
        File.SetUnixFileMode(_prefix.Paths.HookOf(s_name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var plan = Plan(new StartVerb(), "");
        Assert.Empty(plan.Problems);
        Assert.Contains("has no tree", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Verbs_Help_IsGiven()
    {
        foreach (var verb in (Commands.Verb[])[new StartVerb(), new StopVerb(), new RestartVerb(), new EnterVerb(), new LogVerb()])
        {
            Assert.Equal(0, verb.Run(s_name, ["--help"], _prefix.Call()));
        }

        Assert.Throws<ProblemException>(() => new StartVerb().Run(s_name, ["now"], _prefix.Call()));
    }

    private IEnumerable<ProblemCode> Problems(Commands.Verb verb, string conf) => Plan(verb, conf).Problems.Select(p => p.Code);

    private OperationPlan Plan(Commands.Verb verb, string conf)
    {
        File.WriteAllText(_prefix.Paths.ConfOf(s_name), conf);
        var report = new RecordingReporter();
        var call = _prefix.Call("web", verb.Name);
        Assert.Equal(0, verb.Run(s_name, [], call with { Report = report, Options = call.Options with { Plan = true } }));
        return WireProtocol.FromElement<OperationPlan>(Assert.Single(report.All<ResultEvent>()).Data!.Value);
    }

    private void Take(string address, string name)
    {
        var other = VServerName.Parse(name);
        Directory.CreateDirectory(_prefix.Paths.RunDirectoryOf(other));
        new RunStateStore(_prefix.Paths).Save(other, new RunState { Generation = "g", BootId = ProcessIdentity.BootId, Stage = RunStage.Starting, Owner = ProcessMark.Of(Environment.ProcessId), Style = InitStyle.Sysv, Network = NetworkMode.Shared });
        Assert.True(new RunClaims(_prefix.Paths, "addresses").TryTake(address, other));
    }
}
