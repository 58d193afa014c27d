using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A move to a host whose vservers lie on xfs, where files can be shared.</summary>
[Collection(RealHost.Name)]
public sealed class MoveUnifyTests : TwoHostsTest
{
    private const long Room = 400L << 20;

    protected override (long Bytes, string FileSystem)? RoomOnB => (Room, "xfs");

    [Fact]
    public async Task Move_Unify_SharesItsFilesWithThoseOfTheVServersThere()
    {
        await Hosts.A.ExecAsync("sh", "-ec", "mkdir -p /vservers/web/usr; head -c 3000000 /dev/urandom > /vservers/web/usr/data; cp /vservers/web/usr/data /shared/data");
        await Hosts.B.ExecAsync("sh", "-ec", "mkdir -p /vservers/twin/usr; cp --reflink=never /shared/data /vservers/twin/usr/data; touch -r /shared/data /vservers/twin/usr/data; : > /etc/vservers/twin.conf; vserver-stat");
        var wanted = TreeSnapshot.Take(Tree, withTimes: true);

        var moved = Result(await Hosts.A.TryAsync("vserver", "--json", "web", "move", "--to", "hostb", "--unify"));
        var outcome = WireProtocol.FromElement<MoveOutcome>(moved.Data!.Value);
        Assert.DoesNotContain(outcome.Warnings, w => w.Contains("shares no files", StringComparison.Ordinal));
        Assert.NotNull(outcome.UnificationJobId);

        // its last line is that of the job
        var unified = await Hosts.B.TryAsync("vserver-jobs", "--json", "follow", outcome.UnificationJobId);
        Assert.True(unified.ExitCode == 0, unified.Output);
        Assert.Contains("shared", await Hosts.B.ExecAsync("filefrag", "-v", "/vservers/web/usr/data"), StringComparison.Ordinal);
        await IsOnlyAsync(Hosts.B, Hosts.A);

        // and back, without the one that it shares them with
        Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.Equal("", await Hosts.B.ExecAsync("cmp", "/shared/data", "/vservers/twin/usr/data"));
    }
}
