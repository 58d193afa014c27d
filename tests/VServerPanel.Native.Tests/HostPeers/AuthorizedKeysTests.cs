using VServerPanel.Native.Operations;
using VServerPanel.Native.Peers;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.HostPeers;

public sealed class AuthorizedKeysTests : IDisposable
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0nxvItBGQlkYrI9xyNrFXNR/nzMzqEGCnz7hwYu8bS";
    private readonly PrivatePrefix _prefix = new();

    private AuthorizedKeys Keys => new(_prefix.Paths);

    [Fact]
    public void Allow_FileWithOtherLines_KeepsThemByteForByte()
    {
        byte[] before = [.. "# of ours\n\nssh-rsa AAAA b"u8, 0xff, .. "b\n"u8];
        Directory.CreateDirectory(_prefix.Directory + "/root/.ssh");
        File.WriteAllBytes(Keys.FilePath, before);

        Keys.Allow("hosta", PublicKey.Parse(Key + " a comment"));
        var after = File.ReadAllBytes(Keys.FilePath);
        Assert.Equal(before, after[..before.Length]);
        Assert.Equal($"restrict,command=\"{_prefix.Directory}/usr/sbin/vserver --json --as vserver-receive --peer hosta\" {Key} vserver-peer:hosta\n", System.Text.Encoding.ASCII.GetString(after[before.Length..]));

        Keys.Allow("hosta", PublicKey.Parse(Key));
        Assert.Equal(after, File.ReadAllBytes(Keys.FilePath));
        Keys.Deny("hosta");
        Assert.Equal(before, File.ReadAllBytes(Keys.FilePath));
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => Keys.Require("hosta")).Code);
    }

    [Theory]
    [InlineData(Key + " root@there")]
    [InlineData("restrict,command=\"/usr/sbin/vserver --json --as vserver-receive --peer hostb\" " + Key + " vserver-peer:hostb")]
    public void Allow_KeyThatIsThereForSomethingElse_IsRefused(string line)
    {
        Directory.CreateDirectory(_prefix.Directory + "/root/.ssh");
        File.WriteAllText(Keys.FilePath, line + "\n");

        Assert.Equal(ProblemCode.AlreadyExists, Assert.Throws<ProblemException>(() => Keys.Allow("hosta", PublicKey.Parse(Key))).Code);
        Assert.Equal(line + "\n", File.ReadAllText(Keys.FilePath));
    }

    [Fact]
    public void Allow_FileIsALink_IsRefused()
    {
        Directory.CreateDirectory(_prefix.Directory + "/root/.ssh");
        File.CreateSymbolicLink(Keys.FilePath, "/dev/null");

        Assert.Equal(ProblemCode.Unsupported, Assert.Throws<ProblemException>(() => Keys.Allow("hosta", PublicKey.Parse(Key))).Code);
    }

    [Theory]
    [InlineData("command=\"sh\" " + Key)]
    [InlineData(Key + "\nssh-ed25519 AAAA")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIO0nxvItBGQlkYrI9xyNrFXNR/nzMzqEGCnz7hwYu8bS")]
    [InlineData("ssh-ed25519 AAAA")]
    [InlineData("ssh-ed25519")]
    [InlineData("")]
    public void PublicKey_NotOne_IsRefused(string text) => Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => PublicKey.Parse(text)).Code);

    [Theory]
    [InlineData("a b", "192.0.2.1", 22)]
    [InlineData("../a", "192.0.2.1", 22)]
    [InlineData("-a", "192.0.2.1", 22)]
    [InlineData("a\"", "192.0.2.1", 22)]
    [InlineData("a", "-oProxyCommand=sh", 22)]
    [InlineData("a", "root@192.0.2.1", 22)]
    [InlineData("a", "", 22)]
    [InlineData("a", "192.0.2.1", 0)]
    public void Peer_NotOne_IsRefused(string name, string address, int port) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new Peer(name, address, port, Key).Checked()).Code);

    public void Dispose() => _prefix.Dispose();
}
