using System.Text.Json;

namespace VServerPanel.Protocol.Tests.Vocabulary;

/// <summary>Numbers stand in databases and words in journals: a member may be added, never renumbered or renamed.</summary>
public class PersistedEnumTests
{
    [Fact]
    public void ProblemCode_Members_KeepTheirNumbers() => Assert.Equal(
        "Internal=0 NotFound=1 AlreadyExists=2 AlreadyRunning=3 NotRunning=4 NotPermitted=5 InvalidArgument=6 InvalidConfiguration=7 AddressInUse=8 NoSpace=9 Busy=10 Unsupported=11 MissingTool=12 CommandFailed=13"
        + " TimedOut=14 Cancelled=15 Terminated=16 HookFailed=17 InputOutput=18 Unreachable=19 Conflict=20",
        Members<ProblemCode>());

    [Fact]
    public void OperationOutcome_Members_KeepTheirNumbers() => Assert.Equal("Succeeded=0 Failed=1 Cancelled=2 RolledBack=3", Members<OperationOutcome>());

    [Fact]
    public void JournalPhase_Members_KeepTheirNumbers() => Assert.Equal("Asked=0 Ended=1", Members<JournalPhase>());

    [Fact]
    public void JobState_Members_KeepTheirNumbers() => Assert.Equal("Running=0 Succeeded=1 Failed=2 Cancelled=3 Interrupted=4 RolledBack=5", Members<JobState>());

    [Fact]
    public void VServerState_Members_KeepTheirNumbers() => Assert.Equal("Stopped=0 Starting=1 Running=2 Stopping=3 Incomplete=4 Broken=5 Standby=6", Members<VServerState>());

    [Fact]
    public void MoveDirection_Members_KeepTheirNumbers() => Assert.Equal("Outgoing=0 Incoming=1", Members<MoveDirection>());

    [Fact]
    public void MovePhase_Members_KeepTheirNumbers() => Assert.Equal(
        "Checking=0 Copying=1 Stopping=2 LastPass=3 Verifying=4 HandingOver=5 Starting=6 Retiring=7 Done=8", Members<MovePhase>());

    [Fact]
    public void MoveState_Members_KeepTheirNumbers() => Assert.Equal("Running=0 Unresolved=1 Kept=2 Purged=3 TakenBack=4 Arrived=5", Members<MoveState>());

    [Fact]
    public void StandbyRole_Members_KeepTheirNumbers() => Assert.Equal("Source=0 Copy=1", Members<StandbyRole>());

    [Theory]
    [InlineData("\"not-found\"", true)]
    [InlineData("\"NotFound\"", true)]
    [InlineData("1", false)]
    [InlineData("\"no-such-code\"", false)]
    public void ProblemCode_OnTheWire_IsAWordAndNoNumber(string json, bool isRead)
    {
        var line = $$"""{"type":"problem","code":{{json}},"message":"x"}""";

        if (isRead)
        {
            Assert.Contains("\"code\":\"not-found\"", WireProtocol.Write(WireProtocol.Read(line)), StringComparison.Ordinal);
        }
        else
        {
            Assert.Throws<JsonException>(() => WireProtocol.Read(line));
        }
    }

    // of two names with one number the first is told: the old one
    private static string Members<T>()
        where T : struct, Enum => string.Join(' ', Enum.GetValues<T>().Select(v => $"{v}={Convert.ToInt32(v, System.Globalization.CultureInfo.InvariantCulture)}"));
}
