using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A move that is cancelled, while the other host holds still at a word that the test chose.</summary>
[Collection(RealHost.Name)]
public sealed class MoveCancelTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private HostPair _hosts = null!;

    public async ValueTask InitializeAsync()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        _hosts = await HostPair.UpAsync();
        var own = await KeysAsync(_hosts.A);
        await _hosts.B.ExecAsync("vserver-hosts", "allow", "hosta", own.PublicKey);
        await _hosts.A.ExecAsync("vserver-hosts", "add", "hostb", "--address", _hosts.B.Address, "--host-key", (await KeysAsync(_hosts.B)).SshHostKeys[0]);
        await _hosts.A.ExecAsync("sh", "-ec", "mkdir -p /vservers/web/etc; echo web > /vservers/web/etc/hostname; : > /etc/vservers/web.conf");
    }

    public async ValueTask DisposeAsync()
    {
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }
    }

    [Fact]
    public async Task Cancel_WhileCopying_IsUndoneAtBothEnds()
    {
        var last = await CancelAtAsync("rsync*", "copying");
        Assert.Equal(ProblemCode.Cancelled, Assert.IsType<ProblemEvent>(last).Code);
        await IsOnlyAsync(_hosts.A, _hosts.B);
        Assert.Contains("\"state\":\"taken-back\"", await _hosts.A.ExecAsync("vserver-moves", "--json", "list"), StringComparison.Ordinal);
        Assert.Equal("", await _hosts.B.ExecAsync("find", "/vservers/.incoming", "-mindepth", "1"));
    }

    [Fact]
    public async Task Cancel_BehindTheHandOver_EndsNothing()
    {
        var last = await CancelAtAsync("activate", "handed-over");
        Assert.True(last is ResultEvent, $"{last}");
        await IsOnlyAsync(_hosts.B, _hosts.A);
        Assert.Contains("\"state\":\"kept\"", await _hosts.A.ExecAsync("vserver-moves", "--json", "list"), StringComparison.Ordinal);
    }

    /// <summary>Starts the move, cancels it when its record is in <paramref name="state"/> and host B was asked <paramref name="word"/>, and only then lets host B answer.</summary>
    private async Task<WireEvent> CancelAtAsync(string word, string state)
    {
        await File.WriteAllTextAsync(_hosts.Shared + "/gate", $"""
            #!/bin/sh
            case "$SSH_ORIGINAL_COMMAND" in {word}) touch /shared/asked; while [ ! -e /shared/go ]; do sleep 0.1; done ;; esac
            exec /usr/sbin/vserver --json --as vserver-receive --peer hosta
            """);
        await _hosts.B.ExecAsync("sed", "-i", "s#command=\"[^\"]*\"#command=\"/bin/sh /shared/gate\"#", "/root/.ssh/authorized_keys");
        var id = new string('b', 32);
        using var move = _hosts.A.Start("vserver", "--json", "--job", id, "web", "move", "--to", "hostb");
        var output = move.StandardOutput.ReadToEndAsync();
        using var over = new CancellationTokenSource(s_patience);
        while (!File.Exists(_hosts.Shared + "/asked"))
        {
            Assert.False(move.HasExited, move.HasExited ? await output : "");
            await Task.Delay(100, over.Token);
        }

        Assert.Contains($"\"state\":\"{state}\"", await _hosts.A.ExecAsync("sh", "-c", "cat /var/lib/vservers/moves/*.json"), StringComparison.Ordinal);
        await _hosts.A.ExecAsync("vserver-jobs", "cancel", id);
        await File.WriteAllTextAsync(_hosts.Shared + "/go", "");
        await move.WaitForExitAsync(over.Token);
        return WireProtocol.Read((await output).TrimEnd().Split('\n')[^1]);
    }

    private static async Task IsOnlyAsync(TestHost here, TestHost notThere)
    {
        Assert.Equal(0, (await here.TryAsync("test", "-d", "/vservers/web", "-a", "-f", "/etc/vservers/web.conf")).ExitCode);
        Assert.Equal(1, (await notThere.TryAsync("test", "-e", "/vservers/web", "-o", "-e", "/etc/vservers/web.conf")).ExitCode);
    }

    private static async Task<HostKeys> KeysAsync(TestHost host) =>
        WireProtocol.FromElement<HostKeys>(((ResultEvent)WireProtocol.Read((await host.ExecAsync("vserver-hosts", "--json", "key")).TrimEnd().Split('\n')[^1])).Data!.Value);
}
