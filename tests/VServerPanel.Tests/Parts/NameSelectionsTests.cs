using VServerPanel.Components.Parts;
using VServerPanel.Protocol;

namespace VServerPanel.Tests.Parts;

public class NameSelectionsTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Few_StandInTheAddress_AndAreReadInTheirOrder()
    {
        var selections = new NameSelections(_clock);
        Assert.Equal("web2,web1", selections.Write(Names("web2", "web1")));
        Assert.Equal(Names("web2", "web1"), selections.Find("web2,-x,web1"));
        Assert.Empty(selections.Find(null)!);
    }

    [Fact]
    public void Many_AreKeptForTwoHoursFromWhenTheyWereLastShown_UnderTheSameWord()
    {
        var selections = new NameSelections(_clock);
        var many = Names([.. Enumerable.Range(0, 2000).Select(i => $"{i:0000}{new string('x', 36)}")]);
        var word = selections.Write(many);
        Assert.InRange(word.Length, 2, 40);
        Assert.Equal(word, Uri.EscapeDataString(word));
        Assert.Equal(many, selections.Find(word));
        _clock.Now += TimeSpan.FromMinutes(90);
        Assert.Equal(word, selections.Write(many));
        _clock.Now += TimeSpan.FromMinutes(90);
        Assert.Equal(many, selections.Find(word));
        _clock.Now += TimeSpan.FromMinutes(31);
        Assert.Null(selections.Find(word));
        Assert.Null(selections.Find("~1"));
    }

    [Fact]
    public void MoreThanAreKept_TheOldestGoes()
    {
        var selections = new NameSelections(_clock);
        var words = new List<string>();
        for (var i = 0; i < 201; i++)
        {
            words.Add(selections.Write(Names([.. Enumerable.Range(0, 200).Select(j => $"v{i}-{j}-0123456789")])));
            _clock.Now += TimeSpan.FromSeconds(1);
        }

        Assert.Null(selections.Find(words[0]));
        Assert.NotNull(selections.Find(words[1]));
    }

    private static VServerName[] Names(params string[] names) => [.. names.Select(VServerName.Parse)];

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
