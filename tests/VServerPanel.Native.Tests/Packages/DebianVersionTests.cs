using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Packages.Dpkg;

namespace VServerPanel.Native.Tests.Packages;

public sealed class DebianVersionTests
{
    private const string Letters = "0019azAZ.+~-:";

    [Theory]
    [InlineData("1.0", "1.1")]
    [InlineData("1.9", "1.10")]
    [InlineData("1.0~rc1", "1.0")]
    [InlineData("1.0~~", "1.0~")]
    [InlineData("1.0", "1.0a")]
    [InlineData("1.0a", "1.0+")]
    [InlineData("2.0", "1:1.0")]
    [InlineData("1.22.1-9", "1.22.1-9+deb12u1")]
    [InlineData("1.0-1", "1.0-1.1")]
    [InlineData("1.0", "1.0-1")]
    [InlineData("1.2-3-4", "1.2-3-5")]
    public void Compare_Earlier_IsNegative(string earlier, string later)
    {
        Assert.True(DebianVersion.Compare(earlier, later) < 0);
        Assert.True(DebianVersion.Compare(later, earlier) > 0);
        Assert.True(DebianVersion.IsLater(later, earlier));
        Assert.False(DebianVersion.IsLater(earlier, later));
    }

    [Theory]
    [InlineData("1.0", "1.0-0")]
    [InlineData("1.00", "1.0")]
    [InlineData("0:1.0", "1.0")]
    public void Compare_Equal_IsZero(string a, string b) => Assert.Equal(0, DebianVersion.Compare(a, b));

    [Fact]
    public void Compare_RandomVersions_IsAnOrder()
    {
        var random = new Random(20021123);
        var versions = Enumerable.Range(0, 120).Select(_ => Make(random)).ToList();
        foreach (var a in versions)
        {
            Assert.Equal(0, DebianVersion.Compare(a, a));
            foreach (var b in versions)
            {
                Assert.Equal(Math.Sign(DebianVersion.Compare(a, b)), -Math.Sign(DebianVersion.Compare(b, a)));
                foreach (var c in versions.Take(40))
                {
                    Assert.False(DebianVersion.Compare(a, b) <= 0 && DebianVersion.Compare(b, c) <= 0 && DebianVersion.Compare(a, c) > 0, $"{a} <= {b} <= {c}");
                }
            }
        }
    }

    [Fact]
    public void Compare_RandomVersions_AgreesWithDpkg()
    {
        Assert.SkipWhen(ChildProcess.Find("dpkg") is null, "dpkg is not installed");
        var random = new Random(4711);
        var pairs = Enumerable.Range(0, 300).Select(_ => (A: Make(random), B: Make(random))).ToList();

        // one shell for all: dpkg is started 300 times
        var script = string.Concat(pairs.Select(p => $"if dpkg --compare-versions '{p.A}' lt '{p.B}'; then echo -1; elif dpkg --compare-versions '{p.A}' gt '{p.B}'; then echo 1; else echo 0; fi\n"));
        var answers = new ChildProcess { Program = "sh", Arguments = ["-s"], StandardInput = script }.Run().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(answers, pairs.Select(p => Math.Sign(DebianVersion.Compare(p.A, p.B)).ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    // a valid one: dpkg wants a digit first, and a revision that is not empty
    private static string Make(Random random)
    {
        var text = new string([.. Enumerable.Range(0, random.Next(0, 7)).Select(_ => Letters[random.Next(Letters.Length - 2)])]);
        var epoch = random.Next(5) == 0 ? $"{random.Next(3)}:" : "";
        var revision = random.Next(2) == 0 ? $"-{random.Next(3)}{"~+.a"[random.Next(4)]}{random.Next(3)}" : "";
        return $"{epoch}{random.Next(3)}{text}{revision}";
    }
}
