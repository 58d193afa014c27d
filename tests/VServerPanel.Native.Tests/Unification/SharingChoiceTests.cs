using VServerPanel.Native.Kernel;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>How files are shared in a place, and what is said where they cannot be.</summary>
public sealed class SharingChoiceTests
{
    [Fact]
    public void Choose_HardLinksAskedForOnXfs_SpeaksOfTheirProtectionOnly()
    {
        using var host = new UnifiedHost("xfs");
        var paths = host.Prefix.Paths;
        var choice = SharingMethods.ChooseFor(paths, paths.VServers, SharingMethod.HardLink, isWithoutFlags: true);
        Assert.Null(choice.Method);
        Assert.DoesNotContain("reflinks", choice.Reason, StringComparison.Ordinal);

        Assert.SkipWhen(new Iunlink(paths).WhyNot() is null, "this kernel protects hard links");
        choice = SharingMethods.ChooseFor(paths, paths.VServers, SharingMethod.HardLink);
        Assert.Null(choice.Method);
        Assert.DoesNotContain("reflinks", choice.Reason, StringComparison.Ordinal);
        Assert.Contains("does not protect hard links", choice.Reason, StringComparison.Ordinal);
    }
}
