using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Creation;

public sealed class TreeMeasureTests : IDisposable
{
    private const int Size = 1 << 20;
    private const int Little = 64 << 10;

    private readonly PrivatePrefix _prefix = new();
    private readonly string _tree;

    public TreeMeasureTests()
    {
        _tree = _prefix.Directory + "/tree";
        Directory.CreateDirectory(_tree);
    }

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Measure_LinksWithinTheTree_CountOnce()
    {
        Fill("one");
        TrialHost.Run("ln", _tree + "/one", _tree + "/two");
        TrialHost.Run("ln", "-s", "/usr", _tree + "/elsewhere");
        var size = Measure();
        Assert.InRange(size.Bytes, Size, Size + Little);
        Assert.Equal(size.Bytes, size.OwnBytes);
        Assert.Equal(3, size.Entries);
    }

    [Fact]
    public void Measure_LinkOutsideOfTheTree_IsInUseAndWouldNotBeFreed()
    {
        Fill("shared");
        Fill("own");
        TrialHost.Run("ln", _tree + "/shared", _tree + "/shared-again");
        TrialHost.Run("ln", _tree + "/shared", _prefix.Directory + "/outside");
        var size = Measure();
        Assert.InRange(size.Bytes, 2 * Size, (2 * Size) + Little);
        Assert.InRange(size.OwnBytes, Size, Size + Little);
    }

    [Fact]
    public void Measure_MountBelow_IsNotEntered()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        foreach (var below in (string[])["tmpfs", "bind"])
        {
            Directory.CreateDirectory($"{_tree}/{below}");
        }

        var before = Measure();
        Fill("../aside");
        TrialHost.Run("mount", "-t", "tmpfs", "none", _tree + "/tmpfs");
        TrialHost.Run("mount", "--bind", _prefix.Directory, _tree + "/bind");
        try
        {
            Fill("tmpfs/file");
            Assert.InRange(Measure().Bytes, 1, before.Bytes);
        }
        finally
        {
            _ = Libc.umount2(_tree + "/bind", Libc.MNT_DETACH);
            _ = Libc.umount2(_tree + "/tmpfs", Libc.MNT_DETACH);
        }
    }

    [Fact]
    public void Measure_FarDown_IsCounted()
    {
        // 300 levels: a guest cannot hide what it takes below 200
        var path = string.Concat(Enumerable.Repeat("/d", 300));
        Directory.CreateDirectory(_tree + path);
        Fill(path[1..] + "/file");
        Assert.InRange(Measure().Bytes, Size, Size + (300 * 8192));
    }

    private TreeSize Measure() => TreeMeasure.Measure(_tree, TestContext.Current.CancellationToken);

    private void Fill(string name) => File.WriteAllBytes($"{_tree}/{name}", new byte[Size]);
}
