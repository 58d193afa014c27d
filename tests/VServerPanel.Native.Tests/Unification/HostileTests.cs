using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Guests that do not keep still, disks that are full, and whoever changes his mind.</summary>
public sealed class HostileTests
{
    [Fact]
    public void Unify_GuestReplacesFilesMeanwhile_LosesNothing()
    {
        using var host = Two();
        using var end = new CancellationTokenSource();
        var (path, last) = (host.PathOf("b") + "/usr/share/many", new long[40]);
        var guest = new Thread(() =>
        {
            var random = new Random(3);
            for (var version = 1L; !end.IsCancellationRequested; version++)
            {
                // as a package manager: a new file, renamed over the old one; or written in place
                var i = random.Next(last.Length);
                var text = $"{version:d12}";
                if (random.Next(2) == 0)
                {
                    File.WriteAllText($"{path}/new", text);
                    File.Move($"{path}/new", $"{path}/{i}", overwrite: true);
                    last[i] = version;
                }
                else
                {
                    try
                    {
                        // a shared one it may not write into: without the kernel's protection here it keeps away by itself
                        using var file = File.Open($"{path}/{i}", FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                        if (Libc.fstatx(file.SafeFileHandle).LinkCount == 1)
                        {
                            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
                            file.Flush();
                            last[i] = version;
                        }
                    }
                    catch (FileNotFoundException)
                    {
                        // never: asserted below
                    }
                }
            }
        });
        guest.Start();
        try
        {
            for (var round = 0; round < 20; round++)
            {
                host.Unify("a", "b");
            }
        }
        finally
        {
            end.Cancel();
            guest.Join();
        }

        for (var i = 0; i < last.Length; i++)
        {
            Assert.Equal($"{last[i]:d12}", File.ReadAllText($"{path}/{i}"));
            Assert.Equal($"{0:d12}", File.ReadAllText($"{host.PathOf("a")}/usr/share/many/{i}"));
        }
    }

    [Fact]
    public void Unify_GuestSwapsSymlinksMeanwhile_NothingOutsideIsTouched()
    {
        using var host = Two();
        var outside = host.Prefix.Directory + "/outside";
        Directory.CreateDirectory(outside);
        for (var i = 0; i < 40; i++)
        {
            UnifiedHost.Write(outside, $"{i}", $"{0:d12}");
        }

        var before = TreeSnapshot.Take(outside, withTimes: true);
        var (share, kept) = (host.PathOf("b") + "/usr/share/many", host.PathOf("b") + "/usr/share/kept");
        using var end = new CancellationTokenSource();
        var guest = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
            {
                Directory.Move(share, kept);
                File.CreateSymbolicLink(share, outside);
                Thread.Yield();
                File.Delete(share);
                Directory.Move(kept, share);
            }
        });
        guest.Start();
        try
        {
            for (var round = 0; round < 30; round++)
            {
                host.Unify("a", "b");
            }
        }
        finally
        {
            end.Cancel();
            guest.Join();
        }

        Assert.Equal(before, TreeSnapshot.Take(outside, withTimes: true));
    }

    [Fact]
    public void Unify_FifoInPlaceOfAFile_IsPassedBy()
    {
        using var host = Two();
        File.Delete(host.PathOf("b") + "/usr/share/many/1");
        new ChildProcess { Program = "mkfifo", Arguments = [host.PathOf("b") + "/usr/share/many/1"] }.Run();
        host.Unify("a", "b");
        Assert.Equal(Libc.S_IFIFO, Libc.statx(null, host.PathOf("b") + "/usr/share/many/1").Mode & Libc.S_IFMT);
    }

    [Fact]
    public void Unify_DiskIsFull_LeavesAllAsItWas()
    {
        using var host = new UnifiedHost("ext4", 96);
        UnifiedHost.Fill(host.Add("a"));
        File.WriteAllBytes(host.PathOf("a") + "/usr/lib/huge", Content(35 << 20));
        host.Copy(host.PathOf("a"), "b");
        new ChildProcess { Program = "sync", Arguments = [] }.Run();
        var before = Snapshots(host);
        var problem = Assert.ThrowsAny<Exception>(() => host.Unify("a", "b"));
        Assert.Equal(ProblemCode.NoSpace, ProblemException.ToEvent(problem).Code);
        Assert.Equal(before, Snapshots(host));
        Assert.False(Directory.Exists(host.Staging) && Directory.EnumerateFileSystemEntries(host.Staging).Any());

        // with room it goes on
        File.Delete(host.PathOf("b") + "/usr/lib/huge");
        host.Unify("a", "b");
        Assert.Equal(2u, host.LinksOf("a", "usr/lib/large"));
    }

    [Fact]
    public void Separate_DiskHasNoRoom_IsRefusedBefore()
    {
        using var host = new UnifiedHost("ext4", 160);
        UnifiedHost.Fill(host.Add("a"));
        File.WriteAllBytes(host.PathOf("a") + "/usr/lib/huge", Content(35 << 20));
        host.Copy(host.PathOf("a"), "b");
        host.Unify("a", "b");
        File.WriteAllBytes(host.PathOf("a") + "/var/fill", Content((int)(new DriveInfo(host.Prefix.Paths.VServers).AvailableFreeSpace - (20 << 20))));
        var before = Snapshots(host);
        var plan = host.SeparationPlan("b");
        Assert.InRange(-plan.BytesSaved, 35 << 20, 40 << 20);
        Assert.True(plan.BytesFree < -plan.BytesSaved);
        Assert.Equal(ProblemCode.NoSpace, Assert.Single(plan.Problems).Code);
        Assert.Equal(ProblemCode.NoSpace, Assert.Throws<ProblemException>(() => host.Separate("b")).Code);
        Assert.Equal(before, Snapshots(host));
    }

    [Fact]
    public void Unify_Cancelled_SaysWhatStays()
    {
        using var host = Two();
        var before = Snapshots(host);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => UnificationCommand.Unify(host.Prefix.Call("unify") with { Report = new RecordingReporter(), Cancel = cancel.Token }, host.Request("a", "b"), isTest: false));
        Assert.Equal(before, Snapshots(host));
    }

    [Theory]
    [InlineData("--noflags")]
    [InlineData("--method", "hardlink")]
    [InlineData("--method", "reflink")]
    [InlineData("--quick")]
    [InlineData("--excldir", "/..")]
    public void Unify_WhatIsNotSafeHere_IsRefused(params string[] options)
    {
        using var host = Two();
        Assert.SkipWhen(options is ["--method", "hardlink"] && new Native.Kernel.Iunlink(host.Prefix.Paths).WhyNot() is null, "this kernel protects hard links");
        Assert.SkipWhen(SharingMethods.ChooseFor(host.Prefix.Paths, host.Prefix.Paths.VServers).Method == SharingMethod.Reflink, "this file system has reflinks");
        var before = Snapshots(host);
        Assert.Throws<ProblemException>(() => new VUnifyTool().Run([.. options, "a", "b"], host.Prefix.Call("vunify")));
        Assert.Equal(before, Snapshots(host));
    }

    private static UnifiedHost Two()
    {
        var host = new UnifiedHost();
        UnifiedHost.Fill(host.Add("a"));
        for (var i = 0; i < 40; i++)
        {
            UnifiedHost.Write(host.PathOf("a"), $"usr/share/many/{i}", $"{0:d12}");
        }

        host.Copy(host.PathOf("a"), "b");
        return host;
    }

    private static byte[] Content(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    private static List<string> Snapshots(UnifiedHost host) => [.. ((string[])["a", "b"]).SelectMany(n => host.Snapshot(n).Select(l => $"{n} {l}"))];
}
