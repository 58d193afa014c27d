using VServerPanel.Native.Shares;
using VServerPanel.Native.Tests.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Shares;

[Collection(RealHost.Name)]
public sealed class ShareTests : IDisposable
{
    private readonly TrialHost _host = new();
    private readonly string _shared;

    public ShareTests()
    {
        _shared = Directory.CreateDirectory($"{_host.Prefix.Directory}/srv/shared", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        Directory.CreateDirectory(_shared + "/photos");
        File.WriteAllText(_shared + "/photos/one", "first\n");
        TrialHost.Run("chown", "1000:1000", _shared + "/photos/one");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Share_OfTwo_IsOneDirectoryWithTheOwnersOfTheDisk()
    {
        foreach (var name in (string[])["alpha", "beta"])
        {
            _host.Add(name, hasInit: false);
            _host.Expect(name, "share", "add", _shared + "/photos", "/data/pictures/all");
            _host.Expect(name, "start");
        }

        Assert.Equal("1000\n", _host.Expect("alpha", "exec", "busybox", "stat", "-c", "%u", "/data/pictures/all/one"));
        _host.Expect("alpha", "exec", "sh", "-c", "echo second > /data/pictures/all/two; busybox chown 1001 /data/pictures/all/two");
        Assert.Equal("1001 second\n", _host.Expect("beta", "exec", "sh", "-c", "echo $(busybox stat -c %u /data/pictures/all/two) $(busybox cat /data/pictures/all/two)"));
        Assert.Equal("1001\n", TrialHost.Run("stat", "-c", "%u", _shared + "/photos/two"));
        Assert.Contains($"/data/pictures/all  is {_shared}/photos", _host.Expect("alpha", "share", "list"), StringComparison.Ordinal);

        _host.Expect("alpha", "share", "remove", "/data/pictures/all");
        _host.Expect("alpha", "restart");
        Assert.Equal("", _host.Expect("alpha", "exec", "busybox", "ls", "/data/pictures/all"));
        Assert.True(File.Exists(_shared + "/photos/two"));
    }

    [Fact]
    public void Share_MountedImageOfTwo_OneWritesAndTheOtherOnlyReads()
    {
        Assert.SkipWhen(Native.ChildProcesses.ChildProcess.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        var (image, place, fstab) = ($"{_host.Prefix.Directory}/photos.img", Directory.CreateDirectory(_shared + "/volume").FullName, $"{_host.Prefix.Directory}/fstab");
        TrialHost.Run("truncate", "-s", "64M", image);
        TrialHost.Run("mkfs.ext4", "-q", image);

        // the line of docs/shares.md
        File.WriteAllText(fstab, $"{image} {place} ext4 loop,nosuid,nodev 0 2\n");
        TrialHost.Run("mount", "-T", fstab, place);
        try
        {
            foreach (var (name, options) in ((string, string[])[])[("alpha", []), ("beta", ["--ro"])])
            {
                _host.Add(name, hasInit: false);
                _host.Expect([name, "share", "add", place, "/photos", .. options]);
                _host.Expect(name, "start");
            }

            _host.Expect("alpha", "exec", "sh", "-c", "echo first > /photos/one; busybox chown 1000 /photos/one");
            Assert.Equal("1000 first\n", _host.Expect("beta", "exec", "sh", "-c", "echo $(busybox stat -c %u /photos/one) $(cat /photos/one)"));
            Assert.NotEqual(0, _host.VServer("beta", "exec", "touch", "/photos/two").ExitCode);
            Assert.NotEqual(0, _host.VServer("beta", "exec", "sh", "-c", "echo second >> /photos/one").ExitCode);
            Assert.Equal("1000\n", TrialHost.Run("stat", "-c", "%u", place + "/one"));
            Assert.Equal("first\n", File.ReadAllText(place + "/one"));

            // it is the image's room that they see, not the host's
            Assert.Contains(" ext4 ", _host.Expect("beta", "exec", "grep", " /photos ", "/proc/self/mountinfo"), StringComparison.Ordinal);
            _host.Expect("alpha", "stop");
            Assert.Equal("first\n", _host.Expect("beta", "exec", "cat", "/photos/one"));
            _host.Expect("beta", "stop");
        }
        finally
        {
            TrialHost.Run("umount", "--lazy", place);
        }
    }

    [Fact]
    public void Share_ReadOnly_StaysSoForWhoMayMount()
    {
        _host.Add("alpha", "S_CAPS=CAP_SYS_ADMIN\n", hasInit: false);
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        _host.Expect("alpha", "start");
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "busybox", "cat", "/photos/one"));
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "busybox", "touch", "/photos/two").ExitCode);
        _host.Expect("alpha", "exec", "busybox", "mount", "-t", "tmpfs", "none", "/tmp");
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "busybox", "mount", "-o", "remount,bind,rw", "/photos").ExitCode);
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "busybox", "umount", "/photos").ExitCode);
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "busybox", "touch", "/photos/two").ExitCode);
    }

    [Fact]
    public void Share_SetIdProgram_IsWorthNothing()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos");
        _host.Expect("alpha", "start");
        Assert.Contains("nosuid,nodev", _host.Expect("alpha", "exec", "sh", "-c", "busybox grep ' /photos ' /proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_SourceThatRootHasNotAllowed_IsRefused()
    {
        _host.Add("alpha", $"SHARES={_shared}/photos:/photos\n", hasInit: false);
        var problem = _host.VServer("--json", "alpha", "start").Problem;
        Assert.Equal(ProblemCode.NotPermitted, problem.Code);
        Assert.Contains("shares.allowed", problem.Message, StringComparison.Ordinal);
        Assert.Contains("shares.allowed", Assert.Single(_host.VServer("--json", "--plan", "alpha", "start").Result<OperationPlan>().Problems).Message, StringComparison.Ordinal);

        File.WriteAllText($"{_host.Paths.Configuration}/shares.allowed", $"# ours\n{_shared}/photos\n");
        _host.Expect("alpha", "start");
        TrialHost.Run("chmod", "666", $"{_host.Paths.Configuration}/shares.allowed");
        Assert.Contains("nobody else can write", _host.VServer("--json", "alpha", "restart").Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_SourceBecameALink_IsRefused()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        Directory.Move(_shared + "/photos", _shared + "/away");
        Directory.CreateSymbolicLink(_shared + "/photos", "/root");
        Assert.Equal(ProblemCode.NotFound, _host.VServer("--json", "alpha", "start").Problem.Code);
    }

    [Fact]
    public void Start_TargetIsALinkOfTheGuests_StaysInsideOfIt()
    {
        var name = _host.Add("alpha", hasInit: false);
        Directory.CreateDirectory(_host.Paths.TreeOf(name) + "/srv");
        File.Delete(_host.Paths.TreeOf(name) + "/photos");
        Directory.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/photos", "../../../../srv");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos");
        _host.Expect("alpha", "start");
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "busybox", "cat", "/srv/one"));
    }

    [Fact]
    public void Add_WhereHostsUsersCouldRunIt_IsRefusedUnlessReadOnly()
    {
        _host.Add("alpha", hasInit: false);
        TrialHost.Run("chmod", "755", _shared);
        var problem = _host.VServer("--json", "alpha", "share", "add", _shared + "/photos", "/photos").Problem;
        Assert.Equal(ProblemCode.NotPermitted, problem.Code);
        Assert.Contains("0700", problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists($"{_host.Paths.Configuration}/shares.allowed"));
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        Assert.Equal(ProblemCode.AlreadyExists, _host.VServer("--json", "alpha", "share", "add", _shared + "/photos", "/photos", "--ro").Problem.Code);
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/proc/1")]
    [InlineData("/usr/share")]
    public void Add_WhatTheHostRunsBy_IsRefused(string source)
    {
        _host.Add("alpha", hasInit: false);
        Assert.Equal(ProblemCode.NotPermitted, _host.VServer("--json", "alpha", "share", "add", source, "/photos", "--ro").Problem.Code);
        Assert.Equal(ProblemCode.NotPermitted, _host.VServer("--json", "alpha", "share", "add", _host.Prefix.Directory, "/photos", "--ro").Problem.Code);
    }

    [Theory]
    [InlineData("/a:/b", "/a:/b")]
    [InlineData("/a/b:/c:ro", "/a/b:/c:ro")]
    [InlineData("/a:/b:rw", "/a:/b")]
    [InlineData("/:/b", null)]
    [InlineData("/a:/", null)]
    [InlineData("a:/b", null)]
    [InlineData("/a/../etc:/b", null)]
    [InlineData("/a:/b/", null)]
    [InlineData("/a:/proc/x", null)]
    [InlineData("/a", null)]
    [InlineData("/a:/b:exec", null)]
    public void TryParse_Word_IsReadOrSaysWhatToWrite(string word, string? expected)
    {
        Assert.Equal(expected, HostShare.TryParse(word, out var error)?.ToString());
        Assert.Equal(expected is null, error is not null);
    }
}
