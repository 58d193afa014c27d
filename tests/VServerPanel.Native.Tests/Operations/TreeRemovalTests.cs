using System.Runtime.InteropServices;
using CsCheck;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Operations;

public sealed class TreeRemovalTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private string Tree => _prefix.Directory + "/tree";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Remove_AnyNames_LeavesNothing() =>
        Gen.Byte.Where(b => b is not 0 and not (byte)'/').Array[1, 60].Array[1, 12].Sample(
            names =>
            {
                Directory.CreateDirectory(Tree);
                using (var tree = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY))
                {
                    foreach (var name in names.Select(n => PathMarshaller.Decode(n)).Where(n => n is not ("." or "..")))
                    {
                        // the same name twice: EEXIST is as good
                        _ = name.Length % 2 == 0 ? Libc.mkdirat(tree, name, 0b111_000_000) : Libc.symlinkat("/etc", tree, name);
                    }
                }

                TreeRemoval.Remove(Tree);
                return !Directory.Exists(Tree) && Directory.Exists("/etc");
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void Remove_SymlinksToOutside_KeepsWhatTheyPointTo()
    {
        var outside = Directory.CreateDirectory(_prefix.Directory + "/outside").FullName;
        File.WriteAllText(outside + "/file", "kept");
        Directory.CreateDirectory(Tree + "/a");
        File.CreateSymbolicLink(Tree + "/a/dir", outside);
        File.CreateSymbolicLink(Tree + "/a/file", outside + "/file");
        File.CreateSymbolicLink(Tree + "/a/up", "../..");

        TreeRemoval.Remove(Tree);

        Assert.False(Directory.Exists(Tree));
        Assert.Equal("kept", File.ReadAllText(outside + "/file"));
    }

    [Fact]
    public void Remove_TreeIsSymlink_RemovesTheLinkOnly()
    {
        var outside = Directory.CreateDirectory(_prefix.Directory + "/outside").FullName;
        File.CreateSymbolicLink(Tree, outside);
        TreeRemoval.Remove(Tree);
        Assert.True(Directory.Exists(outside));
        Assert.False(Libc.TryStatx(null, Tree, out _));
    }

    [Fact]
    public void Remove_NestedDeeperThanAPathOrTheStackAllows_LeavesNothing()
    {
        Directory.CreateDirectory(Tree);
        var at = Libc.open(Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        for (var depth = 0; depth < 5_000; depth++)
        {
            ErrnoException.ThrowIfFailed(Libc.mkdirat(at, "d", 0b111_000_000), "mkdirat");
            var next = Libc.openat(at, "d", Libc.O_RDONLY | Libc.O_DIRECTORY);
            at.Dispose();
            at = next;
        }

        at.Dispose();
        TreeRemoval.Remove(Tree);
        Assert.False(Directory.Exists(Tree));
    }

    [Fact]
    public void Remove_ImmutableFilesAndDirectories_LeavesNothing()
    {
        Directory.CreateDirectory(Tree + "/d");
        File.WriteAllText(Tree + "/d/f", "x");
        Assert.SkipUnless(ChildProcess.Find("chattr") is not null, "chattr is not installed");
        var chattr = new ChildProcess { Program = "chattr", Arguments = ["+i", Tree + "/d/f", Tree + "/d", Tree] }.Try();
        Assert.SkipUnless(chattr.ExitCode == 0, $"no immutable files here: {chattr.Error.Trim()}");
        TreeRemoval.Remove(Tree);
        Assert.False(Directory.Exists(Tree));
    }

    [Fact]
    public void Remove_SomethingMountedInside_IsRefusedAndKeepsIt()
    {
        Directory.CreateDirectory(Tree + "/mounted");
        var outside = Directory.CreateDirectory(_prefix.Directory + "/outside").FullName;
        File.WriteAllText(outside + "/file", "kept");
        var mount = new ChildProcess { Program = "mount", Arguments = ["--bind", outside, Tree + "/mounted"] }.Try();
        Assert.SkipUnless(mount.ExitCode == 0, $"cannot mount here: {mount.Error.Trim()}");
        try
        {
            // a bind mount has the same device: only its mount id tells
            Assert.Equal(ErrnoNames.EBUSY, Assert.Throws<ErrnoException>(() => TreeRemoval.Remove(Tree)).Errno);
            Assert.Equal("kept", File.ReadAllText(outside + "/file"));
        }
        finally
        {
            new ChildProcess { Program = "umount", Arguments = [Tree + "/mounted"] }.Run();
        }
    }

    [Fact]
    public void Remove_NotThere_DoesNothing() => TreeRemoval.Remove(Tree);
}
