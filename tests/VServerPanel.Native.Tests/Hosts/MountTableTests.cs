using VServerPanel.Native.Hosts;

namespace VServerPanel.Native.Tests.Hosts;

public sealed class MountTableTests
{
    [Fact]
    public void TryParse_ManPagesLine_HasItsFields()
    {
        var entry = MountEntry.TryParse("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue")!;
        Assert.Equal(("/mnt1", "/mnt2", "ext3", "/dev/root"), (entry.Root, entry.MountPoint, entry.FileSystem, entry.Source));
        Assert.True(entry.Has("noatime"));
        Assert.False(entry.Has("ro"));
    }

    [Theory]
    [InlineData(@"42 27 0:39 / /a\040b\134c rw - tmpfs none rw", @"/a b\c")]
    [InlineData(@"42 27 0:39 / /a\04 rw - tmpfs none rw", @"/a\04")]
    [InlineData(@"42 27 0:39 / /a rw shared:1 master:2 - tmpfs none rw", "/a")]
    public void TryParse_EscapesAndOptionalFields_AreRead(string line, string mountPoint) => Assert.Equal(mountPoint, MountEntry.TryParse(line)?.MountPoint);

    [Theory]
    [InlineData("")]
    [InlineData("36 35 98:0")]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 ext3 /dev/root rw")]
    [InlineData("1 2 3 4 5 6 7 8 9 -")]
    public void TryParse_SomethingElse_IsNull(string line) => Assert.Null(MountEntry.TryParse(line));

    [Fact]
    public void Holding_DeepPath_IsTheLongestMountPoint()
    {
        Assert.Equal("proc", MountTable.Holding("/proc/self/status").FileSystem);
        Assert.Equal("/", MountTable.Holding("/nothing/here").MountPoint);
    }
}
