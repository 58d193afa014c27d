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
        Assert.Equal([1], await CopyingPassesAsync(Hosts.A, Hosts.B, "echo little >> /vservers/web/a"));
        Assert.Equal([1, 2], await CopyingPassesAsync(Hosts.B, Hosts.A, "head -c 40M /dev/urandom > /vservers/web/large", "--bandwidth", "20000000"));
        Assert.Equal([1, 2], await CopyingPassesAsync(Hosts.A, Hosts.B, "cd /vservers/web; mkdir many; cd many; for i in $(seq 2500); do echo > $i; done"));

        // nobody waits for one that does not run
        await Hosts.B.ExecAsync("vserver", "web", "stop");
        Assert.Equal([1], await CopyingPassesAsync(Hosts.B, Hosts.A, "head -c 40M /dev/urandom > /vservers/web/large"));
        Assert.Equal(40 << 20, new FileInfo(Tree + "/large").Length);
        Assert.Equal(2500, Directory.GetFiles(Tree + "/many").Length);
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
