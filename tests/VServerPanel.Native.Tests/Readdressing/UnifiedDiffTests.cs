using VServerPanel.Native.Readdressing;

namespace VServerPanel.Native.Tests.Readdressing;

public sealed class UnifiedDiffTests
{
    [Theory]
    [InlineData("a\nb\n", "a\nb\n", "")]
    [InlineData("", "a\n", "@@ -0,0 +1,1 @@\n+a\n")]
    [InlineData("a\n", "", "@@ -1,1 +0,0 @@\n-a\n")]
    [InlineData("a\nb", "a\nc\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nx\n6\n7\n8\n", "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n")]
    [InlineData("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\nz\n", "@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,4 @@\n 5\n 6\n 7\n-y\n+z\n")]
    public void Of_TwoTexts_IsAsDiffShowsThem(string old, string changed, string expected) =>
        Assert.Equal(expected.Length == 0 ? "" : "--- f\n+++ f\n" + expected, UnifiedDiff.Of("f", old, changed));
}
