using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Creation;

public sealed class GuestRootTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly SafeFileHandle _root;

    public GuestRootTests()
    {
        Directory.CreateDirectory(Tree + "/etc");
        _root = Libc.open(Tree, Libc.O_PATH | Libc.O_DIRECTORY);
    }

    private string Tree => _prefix.Directory + "/tree";

    public void Dispose()
    {
        _root.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Read_SymlinkToTheHost_StaysWithinTheRoot()
    {
        File.WriteAllText(Tree + "/passwd", "guest");
        File.CreateSymbolicLink(Tree + "/etc/passwd", "../../../../../../passwd");
        Assert.Equal("guest", GuestRoot.Read(_root, "etc/passwd"));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("socket")]
    [InlineData("loop")]
    [InlineData("huge")]
    public void FindUser_PasswdIsNoSmallFile_IsRootOnly(string what)
    {
        var path = Tree + "/etc/passwd";
        switch (what)
        {
            case "fifo":
                TrialHost.Run("mkfifo", path);
                break;
            case "socket":
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    socket.Bind(new UnixDomainSocketEndPoint(path));
                    Assert.True(Libc.TryStatx(null, path, out _));
                    Assert.Equal(GuestUser.Root, GuestUser.Find(_root, "root"));
                }

                break;
            case "loop":
                File.CreateSymbolicLink(path, "passwd");
                break;
            default:
                TrialHost.Run("truncate", "-s", "1G", path);
                break;
        }

        Assert.Equal(GuestUser.Root, GuestUser.Find(_root, "root"));
    }
}
