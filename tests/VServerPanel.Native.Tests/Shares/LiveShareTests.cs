using System.Globalization;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Shares;

/// <summary>Shares that are added to and taken from vservers that run.</summary>
[Collection(RealHost.Name)]
public sealed class LiveShareTests : IDisposable
{
    private const int MostPoints = 60;

    private readonly TrialHost _host = new();
    private readonly string _shared;

    public LiveShareTests()
    {
        _shared = Directory.CreateDirectory($"{_host.Prefix.Directory}/srv/shared", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        Directory.CreateDirectory(_shared + "/photos");
        File.WriteAllText(_shared + "/photos/one", "first\n");
        TrialHost.Run("chown", "1000:1000", _shared + "/photos/one");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Add_Running_IsSeenAtOnceByWhatRunsAlready()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "(while ! test -e /data/pictures/one; do sleep 0.1; done; cat /data/pictures/one > /tmp/seen) </dev/null >/dev/null 2>&1 &");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/data/pictures");
        TrialHost.Eventually(() => File.Exists(_host.Paths.TreeOf(name) + "/tmp/seen") && File.ReadAllText(_host.Paths.TreeOf(name) + "/tmp/seen") == "first\n", "who waited for it sees it");
        Assert.Equal("1000\n", _host.Expect("alpha", "exec", "busybox", "stat", "-c", "%u", "/data/pictures/one"));
        _host.Expect("alpha", "exec", "sh", "-c", "echo second > /data/pictures/two; busybox chown 1001 /data/pictures/two");
        Assert.Equal("1001\n", TrialHost.Run("stat", "-c", "%u", _shared + "/photos/two"));
        var line = _host.Expect("alpha", "exec", "grep", " /data/pictures ", "/proc/self/mountinfo");
        Assert.Contains("nosuid,nodev", line, StringComparison.Ordinal);
        Assert.DoesNotContain("shared:", line, StringComparison.Ordinal);
        Assert.DoesNotContain("master:", line, StringComparison.Ordinal);
        Assert.True(Listed().IsMounted);

        _host.Expect("alpha", "share", "remove", "/data/pictures");
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/data/pictures"));
        Assert.DoesNotContain("/data/pictures", _host.Expect("alpha", "exec", "cat", "/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.True(File.Exists(_shared + "/photos/two"));
    }

    [Fact]
    public void Remove_MountedAtTheStart_IsGoneAtOnce()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        Assert.Null(Listed().IsMounted);
        _host.Expect("alpha", "start");
        Assert.True(Listed().IsMounted);
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "touch", "/photos/two").ExitCode);
        _host.Expect("alpha", "share", "remove", "/photos");
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/photos"));
        _host.Expect("alpha", "restart");
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/photos"));
    }

    [Fact]
    public void Add_ReadOnly_GuestCannotUndoIt()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        foreach (var attempt in (string[])["touch /photos/two", "mount -o remount,bind,rw /photos", "mount -o remount,rw /photos", "umount /photos", "umount -l /photos", "busybox unshare -m umount /photos", "busybox unshare -Urm umount /photos"])
        {
            Assert.NotEqual(0, _host.VServer("alpha", "exec", "sh", "-c", attempt).ExitCode);
        }

        Assert.Equal("first\n", _host.Expect("alpha", "exec", "cat", "/photos/one"));
        Assert.Equal(["one"], Directory.GetFiles(_shared + "/photos").Select(Path.GetFileName));
    }

    [Fact]
    public void Remove_InUse_IsRefusedWithByWhomAndNothingHasChanged()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos");
        _host.Expect("alpha", "exec", "sh", "-c", "cd /photos; sleep 27182 </dev/null >/dev/null 2>&1 &");
        var conf = File.ReadAllText(_host.Paths.ConfOf(name));
        var problem = _host.VServer("--json", "alpha", "share", "remove", "/photos").Problem;
        Assert.Equal(ProblemCode.Busy, problem.Code);
        Assert.Contains("'/photos' is in use in alpha (by sleep, pid ", problem.Message, StringComparison.Ordinal);
        Assert.Equal(conf, File.ReadAllText(_host.Paths.ConfOf(name)));
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "cat", "/photos/one"));
        _host.Expect("alpha", "exec", "busybox", "killall", "sleep");
        _host.Expect("alpha", "share", "remove", "/photos");
    }

    [Theory]
    [InlineData("S_CAPS=CAP_SYS_ADMIN\n", "CAP_SYS_ADMIN")]
    [InlineData("NEST=yes\n", "NEST=yes")]
    public void Add_WhoCouldUndoIt_HasItFromTheNextStartOn(string conf, string why)
    {
        _host.Add("alpha", conf, hasInit: false);
        _host.Expect("alpha", "start");
        var output = _host.VServer("alpha", "share", "add", _shared + "/photos", "/photos", "--ro");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains(why, output.Output + output.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "ls", "/photos/one").ExitCode);
        Assert.False(Listed().IsMounted);
        Assert.Contains("from the next start on", _host.Expect("alpha", "share", "list"), StringComparison.Ordinal);
        _host.Expect("alpha", "restart");
        Assert.True(Listed().IsMounted);
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "sh", "-c", "mount -o remount,bind,rw /photos && touch /photos/two").ExitCode);
    }

    [Fact]
    public void Add_TargetIsALinkOfTheGuests_StaysInsideOfIt()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        Directory.CreateDirectory(_host.Paths.TreeOf(name) + "/srv");
        Directory.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/photos", "../../../../srv");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos");
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "cat", "/srv/one"));
        _host.Expect("alpha", "share", "remove", "/photos");
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/srv"));
    }

    [Fact]
    public void Add_WhereTheGuestHasAFileSystemOfItsOwn_IsRefusedAndNotInTheConfFile()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        Directory.CreateDirectory(_host.Paths.TreeOf(name) + "/dev/shm");
        Directory.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/photos", "dev/shm");
        var problem = _host.VServer("--json", "alpha", "share", "add", _shared + "/photos", "/photos").Problem;
        Assert.Equal(ProblemCode.Busy, problem.Code);
        Assert.DoesNotContain("SHARES", File.ReadAllText(_host.Paths.ConfOf(name)), StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_GuestHasRenamedADirectoryAboveIt_TakesItAwayAndNoOther()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/data/pictures");
        _host.Expect("alpha", "share", "add", _shared + "/photos", "/photos");
        _host.Expect("alpha", "exec", "busybox", "mv", "/data", "/elsewhere");
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "cat", "/elsewhere/pictures/one"));
        _host.Expect("alpha", "share", "remove", "/data/pictures");
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/elsewhere/pictures"));
        Assert.Equal("first\n", _host.Expect("alpha", "exec", "cat", "/photos/one"));
    }

    [Fact]
    public void Plan_Running_TellsTheMountAndDoesNothing()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var plan = _host.VServer("--json", "--plan", "alpha", "share", "add", _shared + "/photos", "/photos").Result<OperationPlan>();
        Assert.Contains(plan.Steps, s => s.Title.StartsWith($"Mount '{_shared}/photos' at '/photos'", StringComparison.Ordinal));
        Assert.NotEqual(0, _host.VServer("alpha", "exec", "ls", "/photos").ExitCode);
    }

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    public void Change_KilledAtEachStep_IsInTheConfFileAndMountedOrNeither(string verb)
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        string[] add = ["alpha", "share", "add", _shared + "/photos", "/photos"];
        string[] remove = ["alpha", "share", "remove", "/photos"];
        if (verb == "remove")
        {
            _host.Expect(add);
        }

        var mounts = new RunStateStore(_host.Paths).FindRunning(name)!.Init!.Pid;
        var (before, after) = (0, 0);
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, MostPoints);
            var killed = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, verb == "add" ? add : remove);
            if (!killed.WasKilled)
            {
                Assert.Equal(0, killed.ExitCode);
                break;
            }

            _host.Expect("--as", "vserver-jobs", "recover");
            var isThere = File.ReadAllText(_host.Paths.ConfOf(name)).Contains(":/photos", StringComparison.Ordinal);
            Assert.Equal(isThere ? 1 : 0, File.ReadLines($"/proc/{mounts}/mountinfo").Count(l => l.Contains(" /photos ", StringComparison.Ordinal)));
            if (isThere == (verb == "add"))
            {
                after++;
                _host.Expect(verb == "add" ? remove : add);
            }
            else
            {
                before++;
            }
        }

        Assert.True(before > 4 && after > 0, $"killed {before} times before and {after} times after the point of no return");
    }

    private SharedDirectory Listed() => WireProtocol.FromElement<SharedDirectory>(Assert.Single(_host.VServer("--json", "alpha", "share", "list").Events.OfType<ItemEvent>()).Data);
}
