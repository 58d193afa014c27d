using System.Text.Json;
using CsCheck;

namespace VServerPanel.Protocol.Tests.Vocabulary;

public class VServerNameTests
{
    private const string Allowed = "ABCXYZabcxyz0189._-";

    [Theory]
    [InlineData("a")]
    [InlineData("web1")]
    [InlineData("0")]
    [InlineData("Web-1.example_x")]
    [InlineData("a.config")]
    [InlineData("sh")]
    [InlineData("ALLY")]
    public void TryParse_Name_IsOne(string text)
    {
        Assert.True(VServerName.TryParse(text, out var name));
        Assert.Equal(text, name.Value);
        Assert.Equal(text, name.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-x")]
    [InlineData("_x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0b")]
    [InlineData("ünder")]
    [InlineData("a٣")]
    [InlineData("ALL")]
    [InlineData("all")]
    [InlineData("web1.conf")]
    [InlineData("web1.sh")]
    [InlineData("web1.ctx")]
    public void TryParse_NoName_IsRefused(string? text)
    {
        Assert.False(VServerName.TryParse(text, out var name));
        Assert.Equal(default, name);
        Assert.Throws<InvalidOperationException>(() => name.Value);
    }

    [Fact]
    public void TryParse_Length_IsOneToSixtyThree()
    {
        Assert.True(VServerName.TryParse(new string('a', 63), out _));
        Assert.False(VServerName.TryParse(new string('a', 64), out _));
    }

    [Fact]
    public void TryParse_AnyText_WhatIsAcceptedIsSafeAsOneFileName() => Gen.OneOf(Gen.String, Gen.String[Gen.Char[Allowed + "/ \0\n"], 0, 70], Gen.String[Gen.Char[Allowed], 0, 70]).Sample(text =>
    {
        if (!VServerName.TryParse(text, out var name))
        {
            return;
        }

        Assert.Equal(text, name.Value);
        Assert.Equal("/vservers/" + text, Path.GetFullPath(Path.Combine("/vservers", name.Value)));
        Assert.Equal(text, Path.GetFileName(name.Value));
        Assert.InRange(text.Length, 1, 63);
        Assert.All(text, c => Assert.True(char.IsAscii(c) && !char.IsControl(c) && !char.IsWhiteSpace(c)));
        Assert.False(text.StartsWith('-'));
        Assert.Equal(name, VServerName.Parse(text));
    });

    [Fact]
    public void Parse_NoName_SaysWhatANameIs() => Assert.Contains(VServerName.Rule, Assert.Throws<FormatException>(() => VServerName.Parse("a b")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"a b\"")]
    [InlineData("\"../x\"")]
    [InlineData("null")]
    [InlineData("7")]
    public void FromElement_NoName_IsRefusedOnTheWire(string json)
    {
        using var document = JsonDocument.Parse($$"""{"id":"11112222-3333-4444-5555-666677778888","name":{{json}}}""");

        Assert.Throws<JsonException>(() => WireProtocol.FromElement<VServerGone>(document.RootElement));
    }
}
