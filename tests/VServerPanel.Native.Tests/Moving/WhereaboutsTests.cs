using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

public sealed class WhereaboutsTests
{
    private static readonly Guid s_id = new("827440c8-e588-4408-82b5-6c843db1277e");
    private static readonly VServerName s_name = VServerName.Parse("web");

    [Theory]
    [InlineData("in 1", null)]
    [InlineData("in 1, out 2", "2")]
    [InlineData("in 1, handed-over 2", "2")]
    [InlineData("in 1, purged 2", "2")]
    [InlineData("in 1, out 2, in 3", null)]
    [InlineData("in 1, out 2, in 3, out 4", "4")]
    [InlineData("in 1, out 2, refused 3", "2")]
    [InlineData("in 1, copying 2", null)]
    [InlineData("in 1, leaving 2", "2")]
    [InlineData("in 1, back 2", null)]
    [InlineData("out 0, in 1", null)]
    [InlineData("in 1, other 2", null)]
    public void WentOn_ArrivalsAndDepartures_TellsTheOneBehindTheLastArrival(string history, string? left)
    {
        var steps = history.Split(", ").Select(s => s.Split(' ')).Select(s => (Word: s[0], Number: s[1], At: At(int.Parse(s[1], System.Globalization.CultureInfo.InvariantCulture)))).ToList();
        var arrived = steps.Where(s => s.Word is "in" or "refused").Select(s => In(s.Word == "in" ? IncomingState.Activated : IncomingState.TakenBack, s.At)).ToList();
        var outgoing = steps.Where(s => s.Word is not ("in" or "refused")).Select(s => new OutgoingMove(s.Number, s_name, s.Word == "other" ? Guid.NewGuid() : s_id, "hostc", new MoveChoices(null, false, 7, true), s.At)
        {
            Files = s.Word == "leaving" ? new RetiredFiles([], null, 0, new RegistryEntry { Id = s_id, Name = s_name, IdBase = 1, IdCount = 1, CreatedAt = s.At }) : null,
            State = s.Word switch { "handed-over" => OutgoingState.HandedOver, "purged" => OutgoingState.Purged, "copying" or "leaving" => OutgoingState.Copying, "back" => OutgoingState.TakenBack, _ => OutgoingState.Kept },
        }).ToList();
        Assert.Equal(left, Whereabouts.WentOn(arrived, outgoing, s_id)?.Id);
    }

    [Fact]
    public void HeardOf_AfterTheDeletionOnly_IsTold()
    {
        IReadOnlyList<Incoming> all = [In(IncomingState.Activated, At(1)), In(IncomingState.TakenBack, At(3))];
        Assert.Equal(IncomingState.TakenBack, Whereabouts.HeardOf(all, s_id, At(2))?.State);
        Assert.Null(Whereabouts.HeardOf(all, s_id, At(4)));
        Assert.Null(Whereabouts.HeardOf(all, Guid.NewGuid(), At(0)));
    }

    private static DateTimeOffset At(int hour) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hour);

    // each move begins half an hour before it ends
    private static Incoming In(IncomingState state, DateTimeOffset at) => new(new IncomingRequest(new string('a', 32), s_name, s_id, 1), "hosta", state, at.AddMinutes(-30)) { EndedAt = at };
}
