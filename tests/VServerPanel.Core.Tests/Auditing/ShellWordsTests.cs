using System.Diagnostics;
using CsCheck;
using VServerPanel.Core.Auditing;

namespace VServerPanel.Core.Tests.Auditing;

public class ShellWordsTests
{
    [Theory]
    [InlineData("vserver web1 start", new[] { "vserver", "web1", "start" })]
    [InlineData("a '' 'b c' 'it'\\''s' '$x'", new[] { "a", "", "b c", "it's", "$x" })]
    [InlineData("$'two\\nlines'", new[] { "two\nlines" })]
    public void Join_Words_QuotesWhereNeeded(string expected, string[] words) => Assert.Equal(expected, ShellWords.Join(words));

    // bash itself says whether the line means the words
    [Fact]
    public void Join_AnyWords_AreReadBackByAShell()
    {
        var words = Gen.String[Gen.Char["ab '\"\\$`!*?\n\t\u0001\u001f0é;|&<>(){}~#="], 0, 8].Array[200].Single();
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", $"printf '%s\\0' {ShellWords.Join(words)}"]) { RedirectStandardOutput = true, UseShellExecute = false, Environment = { ["LC_ALL"] = "C.UTF-8" } })!;

        var read = process.StandardOutput.ReadToEnd();

        Assert.Equal(words, read.Split('\0')[..^1]);
    }
}
