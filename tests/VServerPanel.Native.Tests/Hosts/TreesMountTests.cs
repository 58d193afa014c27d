using VServerPanel.Native.Hosts;

namespace VServerPanel.Native.Tests.Hosts;

public sealed class TreesMountTests
{
    private static readonly HostPaths s_paths = new("/no-such-place");

    [Theory]
    [InlineData("/dev/vda1 / ext4 defaults 0 1", null)]
    [InlineData("# /dev/vdb /no-such-place/vservers xfs defaults 0 2", null)]
    [InlineData("/dev/vdb /no-such-place/vservers2 xfs defaults 0 2", null)]
    [InlineData("/dev/vdb /no-such-place/vservers/web xfs defaults 0 2", null)]
    [InlineData("/dev/vdb /no-such-place/vservers xfs defaults 0 2", "/no-such-place/vservers")]
    [InlineData("/dev/vdb\t/no-such-place/vservers/\txfs\tdefaults\t0\t2", "/no-such-place/vservers")]
    [InlineData("/dev/vdb /no-such-place xfs defaults 0 2", "/no-such-place")]
    public void Missing_NothingIsMounted_IsWhatFstabNames(string fstab, string? place) => Assert.Equal(place, TreesMount.Missing(s_paths, fstab, []));

    [Fact]
    public void Missing_ItIsMounted_IsNothing()
    {
        const string Line = "/dev/vdb /no-such-place/vservers xfs defaults 0 2";
        var mounted = MountEntry.TryParse("42 27 253:16 / /no-such-place/vservers rw - xfs /dev/vdb rw")!;
        Assert.Null(TreesMount.Missing(s_paths, Line, [mounted]));
        Assert.NotNull(TreesMount.Missing(s_paths, Line, [mounted with { MountPoint = "/no-such-place/vservers/web" }]));
    }
}
