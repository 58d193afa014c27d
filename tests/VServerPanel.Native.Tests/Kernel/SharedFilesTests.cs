using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Kernel;

public sealed class SharedFilesTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly string _tree;

    public SharedFilesTests()
    {
        _tree = _prefix.Directory + "/tree";
        Directory.CreateDirectory(_tree + "/usr/lib/deep");
        File.WriteAllText(_tree + "/usr/lib/deep/one", "1");
        File.WriteAllText(_tree + "/alone", "1");
        TrialHost.Run("ln", _tree + "/usr/lib/deep/one", _prefix.Directory + "/other");
    }

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void FindOne_MarkedFileWithTwoLinks_IsFound()
    {
        Mark(_tree + "/usr/lib/deep/one");
        Assert.Equal("/usr/lib/deep/one", Find());
        Assert.Null(Find(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void FindOne_NotMarkedOrOneLink_IsNone()
    {
        Assert.Null(Find());
        Mark(_tree + "/alone");
        Assert.Null(Find());
    }

    [Fact]
    public void FindOne_BehindALink_IsNotFollowed()
    {
        Mark(_tree + "/usr/lib/deep/one");
        Directory.Move(_tree + "/usr", _prefix.Directory + "/elsewhere");
        File.CreateSymbolicLink(_tree + "/usr", _prefix.Directory + "/elsewhere");
        File.CreateSymbolicLink(_tree + "/one", _prefix.Directory + "/other");
        Assert.Null(Find());
    }

    private string? Find(TimeSpan? patience = null)
    {
        using var root = Libc.open(_tree, Libc.O_PATH | Libc.O_DIRECTORY);
        return SharedFiles.FindOne(root, patience ?? TimeSpan.FromSeconds(5));
    }

    private static void Mark(string file)
    {
        try
        {
            Iunlink.SetMark(file, isShared: true);
        }
        catch (ErrnoException e)
        {
            Assert.Skip($"the file system of the tests keeps no such flags: {e.Message}");
        }
    }
}
