using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>How often is copied what has changed while it was copied.</summary>
public sealed class MovePassesTests : TwoHostsTest
{
    [Fact]
    public async Task Move_RunningAndMuchIsWrittenMeanwhile_IsCopiedAgainBeforeItIsStopped()
    {
        await MakeRunnableAsync();
        var whyNot = await WhyNotStartedAsync(Hosts.A);
        Assert.SkipWhen(whyNot is not null, $"no vserver starts in a host of two on this machine: {whyNot}");

        // a file with a hole is as much as is in it, and a slow disk
        Assert.Equal([1], await CopyingPassesAsync(Hosts.A, Hosts.B, "cd /vservers/web; echo little >> a; echo little >> sparse; sleep 2"));
        Assert.Equal([1, 2], await CopyingPassesAsync(Hosts.B, Hosts.A, "head -c 40M /dev/urandom > /vservers/web/large", "--bandwidth", "20000000"));
        Assert.Equal([1, 2], await CopyingPassesAsync(Hosts.A, Hosts.B, "cd /vservers/web; mkdir many; cd many; for i in $(seq 2500); do echo > $i; done"));

        // nobody waits for one that does not run
        await Hosts.B.ExecAsync("vserver", "web", "stop");
        Assert.Equal([1], await CopyingPassesAsync(Hosts.B, Hosts.A, "head -c 40M /dev/urandom > /vservers/web/large"));
        Assert.Equal(40 << 20, new FileInfo(Tree + "/large").Length);
        Assert.Equal(2500, Directory.GetFiles(Tree + "/many").Length);
    }

    [Fact]
    public async Task Move_ChangesThatTimesDoNotTell_ArriveTheSame()
    {
        // at the target, at the source behind the last look at times, and of a symlink, whose times nobody looks at
        string[] stages = ["verifying", "verifying", "last-pass"];
        string[] changes = ["cd /vservers/.incoming/*; echo more >> cap; rm a", "chown -h 7:7 /vservers/web/out; rm -r /vservers/web/d", "chown -h 8:8 /vservers/web/out"];
        var (from, to) = (Hosts.A, Hosts.B);
        foreach (var (stage, change) in stages.Zip(changes))
        {
            if (stage == "last-pass")
            {
                // what is as old as a write that is under way can be, is looked at in any case
                await Task.Delay(11_000, TestContext.Current.CancellationToken);
            }

            using var move = from.Start("env", $"VSERVER_FAULT_STOP={stage}", "vserver", "--json", "web", "move", "--to", to.Name, "--keep", "0");
            var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.True(await IsStoppedAsync(move));
            await (change.Contains("incoming", StringComparison.Ordinal) ? to : from).ExecAsync("sh", "-ec", change);
            var wanted = TreeSnapshot.Take(from.Directory + "/vservers/web", withTimes: true);
            await GoOnAsync(move);
            Assert.True(await IsStoppedAsync(move));
            await GoOnAsync(move);
            var events = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).ToList();
            Assert.True(events[^1] is ResultEvent, $"{change}: {events[^1]}");
            Assert.Equal([2, 3], events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.MoveProgress).Select(i => WireProtocol.FromElement<MoveProgress>(i.Data)).Where(p => p.Phase == MovePhase.LastPass).Select(p => p.Pass).Distinct());
            Assert.Equal(wanted, TreeSnapshot.Take(to.Directory + "/vservers/web", withTimes: true));
            await IsOnlyAsync(to, from);
            await from.ExecAsync("vserver-jobs", "recover");
            (from, to) = (to, from);
        }
    }

    /// <summary>Moves it, with a change at the moment when the first pass begins.</summary>
    private static async Task<IEnumerable<int>> CopyingPassesAsync(TestHost from, TestHost to, string change, params string[] more)
    {
        using var move = from.Start(["env", "VSERVER_FAULT_STOP=copying", "vserver", "--json", "web", "move", "--to", to.Name, "--keep", "0", .. more]);
        var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await IsStoppedAsync(move));
        await from.ExecAsync("sh", "-ec", change);
        await GoOnAsync(move);
        var events = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).ToList();
        Assert.True(events[^1] is ResultEvent, $"{events[^1]}");
        await IsOnlyAsync(to, from);
        await from.ExecAsync("vserver-jobs", "recover");
        return events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.MoveProgress).Select(i => WireProtocol.FromElement<MoveProgress>(i.Data)).Where(p => p.Phase == MovePhase.Copying).Select(p => p.Pass).Distinct();
    }
}
