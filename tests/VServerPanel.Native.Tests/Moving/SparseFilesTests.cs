using System.Text;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Moving;

public sealed class SparseFilesTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private string Tree => _prefix.Paths.VServers + "/tree";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Find_SomeHaveHoles_AreLeftOutAndAlone()
    {
        TrialHost.Run("sh", "-ec", $"mkdir -p {Tree}/var/log; cd {Tree}; truncate -s 1M var/log/lastlog top; head -c 1M /dev/zero > full; echo small > var/small; : > empty; ln -s top link");
        var sparse = SparseFiles.Find(Tree, TestContext.Current.CancellationToken)!;
        Assert.Equal(["/top", "/var/log/lastlog"], Rules(sparse.LeftOut()).Order(StringComparer.Ordinal));
        Assert.Equal(["/top", "/var/", "/var/log/", "/var/log/lastlog"], Rules(sparse.Alone()).Order(StringComparer.Ordinal));
        Assert.False(sparse.IsEmpty);
    }

    [Fact]
    public void Find_NoneHas_IsEmpty()
    {
        TrialHost.Run("sh", "-ec", $"mkdir -p {Tree}; echo > {Tree}/a");
        Assert.True(SparseFiles.Find(Tree, TestContext.Current.CancellationToken)!.IsEmpty);
    }

    [Fact]
    public void Find_MoreThanRulesAreOfUseFor_IsNothing()
    {
        TrialHost.Run("sh", "-ec", $"mkdir -p {Tree}; cd {Tree}; truncate -s 1M $(seq 201)");
        Assert.Null(SparseFiles.Find(Tree, TestContext.Current.CancellationToken));
    }

    // rsync itself is asked in CopyPassTests
    [Theory]
    [InlineData("/plain", "/plain")]
    [InlineData(@"/back\slash", @"/back\slash")]
    [InlineData(@"/a*b?[c]\d", @"/a\*b\?\[c]\\d")]
    public void Escape_WhatRsyncWouldReadAsAPattern_IsTakenAsItIs(string path, string rule) => Assert.Equal(rule, Encoding.UTF8.GetString(SparseFiles.Escape(Encoding.UTF8.GetBytes(path))));

    private static string[] Rules(byte[] list) => Encoding.UTF8.GetString(list).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
