using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Which files may be shared.</summary>
public sealed class EligibilityTests
{
    [Theory]
    [InlineData("usr/bin/ls", false)]
    [InlineData("etc/passwd", true)]
    [InlineData("etcetera/x", false)]
    [InlineData("var/lib/dpkg/status", true)]
    [InlineData("usr/var/x", false)]
    [InlineData("vmlinuz", false)]
    [InlineData("usr/local/secret/x", true)]
    [InlineData("usr/local/secret/public/x", false)]
    [InlineData("srv/www/index.html", false)]
    public void IsExcluded_OfAPath_TheNearestDirectoryDecides(string path, bool expected) =>
        Assert.Equal(expected, new Exclusions(["/usr/local/secret"], ["/srv", "usr/local/secret/public/"]).IsExcluded(path));

    [Fact]
    public void Doubts_DirectoryThatNoTreeHas_IsTold()
    {
        using var host = new UnifiedHost();
        UnifiedHost.Write(host.Add("a"), "usr/bin/tool", "x");
        UnifiedHost.Write(host.Add("b"), "opt/data/file", "x");
        File.CreateSymbolicLink(host.PathOf("a") + "/bin", "usr/bin");
        using var scan = new TreeScan([host.PathOf("a"), host.PathOf("b")]);
        Assert.Empty(new Exclusions(["/usr/bin"], ["/opt/data"]).Doubts(scan));
        var doubts = new Exclusions(["/usr/bim", "/usr/bin/tool"], ["/bin"]).Doubts(scan);
        Assert.Equal(["--excldir /usr/bim", "--excldir /usr/bin/tool", "--incldir /bin"], doubts.Select(d => d.Split(':')[0]));
        Assert.Equal(2, host.Plan(host.Request("a", "b") with { Exclusions = new Exclusions(["/usr/bim", "/usr/local"], []) }).Warnings.Count(w => w.StartsWith("--excldir", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/usr/../etc")]
    public void Exclusions_NoDirectory_IsRefused(string path) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new Exclusions([path], [])).Code);

    [Theory]
    [InlineData(0x81ed, 1u, 0ul, 9ul, 7ul, "shared")]
    [InlineData(0x89ed, 1u, 0ul, 9ul, 7ul, "set-id")]
    [InlineData(0x85ed, 1u, 0ul, 9ul, 7ul, "set-id")]
    [InlineData(0x81ed, 1u, 0ul, 0ul, 7ul, "empty")]
    [InlineData(0x81ed, 1u, 0ul, 9ul, 8ul, "mounted")]
    [InlineData(0x81ed, 1u, Libc.STATX_ATTR_MOUNT_ROOT, 9ul, 7ul, "mounted")]
    [InlineData(0x81ed, 1u, Libc.STATX_ATTR_IMMUTABLE, 9ul, 7ul, "special-flags")]
    [InlineData(0x81ed, 1u, 0ul, 17ul << 40, 7ul, "holes")]
    [InlineData(0x81ed, 1u, 0ul, 1ul << 20, 7ul, "shared")]
    [InlineData(0x81ed, 2u, Libc.STATX_ATTR_IMMUTABLE, 9ul, 7ul, "shared")]
    [InlineData(0x81ed, 2u, Libc.STATX_ATTR_APPEND, 9ul, 7ul, "special-flags")]
    public void OfFile_ByItsAttributes_IsTheReason(int mode, uint links, ulong attributes, ulong size, ulong mount, string expected) =>
        Assert.Equal(expected, Eligibility.CodeOf(Eligibility.OfFile(new Libc.Statx { Mode = (ushort)mode, LinkCount = links, Attributes = attributes, Size = size, MountId = mount }, treeMount: 7)));

    [Fact]
    public void Reasons_AllOfThem_HaveACodeAndASentence()
    {
        var reasons = Enum.GetValues<SkipReason>();
        Assert.Equal(reasons.Length, reasons.Select(Eligibility.CodeOf).Distinct().Count());
        Assert.All(reasons, r => Assert.EndsWith(".", Eligibility.Explain(r).Replace(".)", ".", StringComparison.Ordinal), StringComparison.Ordinal));
    }
}
