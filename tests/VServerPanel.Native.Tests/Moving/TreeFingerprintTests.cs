using VServerPanel.Native.Moving.Verifying;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>The comparison before a vserver is handed over: whatever differs is seen.</summary>
public sealed class TreeFingerprintTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public TreeFingerprintTests() => Assert.SkipUnless(Environment.UserName == "root", "owners, devices and capabilities need root");

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Fingerprint_OfACopy_IsTheSame()
    {
        var (one, other) = MakeTwo();
        Assert.Equal(Of(one, withContents: true), Of(other, withContents: true));
        Assert.NotEqual(Of(one, withContents: true).Digest, Of(one, withContents: false).Digest);

        // marks of files that a host shares are its own
        TrialHost.Run("setfattr", "-n", "trusted.vserver.shared", "-v", "x", other + "/a");
        Assert.Equal(Of(one), Of(other));
    }

    [Theory]
    [InlineData("chmod 601 a")]
    [InlineData("chmod u+s a")]
    [InlineData("chmod 701 d")]
    [InlineData("chmod 701 .")]
    [InlineData("chown 5 a")]
    [InlineData("chown :5 d")]
    [InlineData("chown -h 5 link")]
    [InlineData("touch -d '2001-02-03 04:05:06.000000001' a")]
    [InlineData("touch -h -d 2001-02-04 link")]
    [InlineData("setfattr -n user.x -v z a")]
    [InlineData("setfattr -x user.x a")]
    [InlineData("setfattr -n user.y -v y a")]
    [InlineData("setfacl -m u:1235:r d")]
    [InlineData("setcap -r a")]
    [InlineData("echo more >> a; touch -d 2001-02-03 a")]
    [InlineData("rm b; cp -a a b; touch -d 2001-02-03 .")]
    [InlineData("rm b; ln d/c b; touch -d 2001-02-03 . d")]
    [InlineData("ln -sfn elsewhere link; touch -h -d 2001-02-03 link .")]
    [InlineData("rm null; mknod null c 1 5; touch -d 2001-02-03 null .")]
    [InlineData("rm fifo; touch fifo; chmod 644 fifo; touch -d 2001-02-03 fifo .")]
    [InlineData("mv d/c d/e; touch -d 2001-02-03 d")]
    [InlineData("mkdir new; touch -d 2001-02-03 new .")]
    [InlineData("rm d/c; touch -d 2001-02-03 d")]
    public void Fingerprint_OfOtherMetadata_IsAnother(string change)
    {
        var (one, other) = MakeTwo();
        TrialHost.Run("sh", "-ec", $"cd {other}; {change}");
        Assert.NotEqual(Of(one).Digest, Of(other).Digest);
    }

    [Fact]
    public void Fingerprint_OtherContentOfEqualSizeAndTime_IsAnotherWithContentsOnly()
    {
        var (one, other) = MakeTwo();
        using (var file = File.OpenHandle(other + "/a", FileMode.Open, FileAccess.Write))
        {
            RandomAccess.Write(file, "X"u8, 3);
        }

        TrialHost.Run("touch", "-d", "2001-02-03", other + "/a");
        TrialHost.Run("setcap", "cap_net_raw+ep", other + "/a");
        Assert.Equal(Of(one), Of(other));
        Assert.NotEqual(Of(one, withContents: true).Digest, Of(other, withContents: true).Digest);
    }

    [Fact]
    public void Fingerprint_SymlinkToAnotherTree_IsNotFollowed()
    {
        var (one, other) = MakeTwo();
        Directory.CreateDirectory(_prefix.Directory + "/outside");
        foreach (var tree in (string[])[one, other])
        {
            File.CreateSymbolicLink(tree + "/out", _prefix.Directory + "/outside");
            TrialHost.Run("touch", "-h", "-d", "2001-02-03", tree + "/out", tree);
        }

        var before = Of(one, withContents: true);
        File.WriteAllText(_prefix.Directory + "/outside/file", "x");
        Assert.Equal(before, Of(other, withContents: true));
    }

    private (string One, string Other) MakeTwo()
    {
        var (one, other) = (_prefix.Paths.VServers + "/one", _prefix.Paths.VServers + "/other");
        TrialHost.Run("sh", "-ec", $"""
            mkdir {one}; cd {one}; mkdir d; head -c 300000 /dev/zero > a; echo c > d/c; ln a b; ln -s d/c link; mknod null c 1 3; mkfifo fifo; chmod 644 fifo
            setfattr -n user.x -v y a; setfacl -m u:1234:rw d; setcap cap_net_raw+ep a; touch -h -d 2001-02-03 a d/c d link null fifo .
            cp -a --reflink=never {one} {other}
            """);
        return (one, other);
    }

    private static TreeFingerprint Of(string tree, bool withContents = false) => TreeFingerprint.Of(tree, withContents, TestContext.Current.CancellationToken);
}
