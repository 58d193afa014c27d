using CsCheck;

namespace VServerPanel.Protocol.Tests.Wire;

public sealed class RemoteWordsTests
{
    [Fact]
    public void Read_WhatWasWritten_IsTheSame() => Gen.String.Where(IsText).Array[0, 6].Sample(words => Assert.Equal(words, RemoteWords.Read(RemoteWords.Write(words))));

    [Fact]
    public void Write_AnyWords_HasNothingForAShell() =>
        Gen.String.Where(IsText).Array[0, 6].Sample(words => Assert.DoesNotContain(RemoteWords.Write(words), c => !char.IsAsciiLetterOrDigit(c) && !" %-_./:@,=+".Contains(c, StringComparison.Ordinal)));

    [Fact]
    public void Write_Words_IsAsDocumented() => Assert.Equal(
        "vserver --as vserver-stat --json a%20b %24%28x%29 % %C3%A9", RemoteWords.Write(["--as", "vserver-stat", "--json", "a b", "$(x)", "", "é"]));

    [Theory]
    [InlineData("")]
    [InlineData("sh -c x")]
    [InlineData("vserver  web1")]
    [InlineData("vserver web1;reboot")]
    [InlineData("vserver 'web1'")]
    [InlineData("vserver a%2")]
    [InlineData("vserver a%")]
    [InlineData("vserver a%zz")]
    [InlineData("vserver a%+1")]
    [InlineData("vserver a%00")]
    [InlineData("vserver %FF")]
    [InlineData("vserver é")]
    [InlineData("vserver a\nb")]
    public void Read_AnythingElse_IsRefused(string line) => Assert.Null(RemoteWords.Read(line));

    [Fact]
    public void Write_Nul_IsRefused() => Assert.Throws<ArgumentException>(() => RemoteWords.Write(["a\0b"]));

    private static bool IsText(string text) => !text.Contains('\0', StringComparison.Ordinal) && text.All(c => !char.IsSurrogate(c));
}
