using VServerPanel.Components.Parts;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;
using VServerPanel.Security;

namespace VServerPanel.Tests.Parts;

public sealed class FormatTests
{
    [Theory]
    [InlineData(null, "–")]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1536L, "1.5 KiB")]
    [InlineData(512L << 20, "512 MiB")]
    [InlineData(long.MaxValue, "8192 PiB")]
    public void Bytes_AreInTheLargestUnitThatFits(long? bytes, string text) => Assert.Equal(text, Format.Bytes(bytes));

    [Theory]
    [InlineData(0.2, "200 ms")]
    [InlineData(59, "59 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(3 * 3600, "3 h 0 min")]
    [InlineData(90000, "1 d 1 h")]
    public void Duration_HasItsTwoLargestParts(double seconds, string text) => Assert.Equal(text, Format.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void CommandLine_QuotesWhatAShellWouldRead() =>
        Assert.Equal("vserver web1 build --desc 'it'\\''s $HOME' ''", Format.CommandLine(["vserver", "web1", "build", "--desc", "it's $HOME", ""]));

    [Fact]
    public void Problems_EveryCode_HasATitleOfItsOwn()
    {
        var titles = Enum.GetValues<ProblemCode>().Select(ProblemText.TitleOf).ToList();
        Assert.Equal(titles.Count, titles.Distinct().Count());
    }

    [Fact]
    public void Problems_OfTheHost_KeepTheirSentence()
    {
        var text = ProblemText.Of(new HostProblemException(ProblemCode.NoSpace, "20 MiB are free. Make room."));
        Assert.Equal(("Not enough room on the disk", "20 MiB are free. Make room."), (text.Title, text.Message));
    }

    [Theory]
    [InlineData("/vservers?tab=log", "/vservers?tab=log")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("/a\nb", "/")]
    [InlineData(null, "/")]
    public void LocalAddress_OfAnother_IsHome(string? address, string expected) => Assert.Equal(expected, LocalAddress.OrHome(address));
}
