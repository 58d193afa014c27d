using System.Text.Json;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Peers;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A source whose key and tree lie in a prefix that host A sees, and host B with the published command.</summary>
[Collection(RealHost.Name)]
public sealed class CopyPassTests : IAsyncLifetime, IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private readonly PrivatePrefix _prefix = new();
    private HostPair _hosts = null!;
    private Peer _peer = null!;

    private string Source => _prefix.Paths.VServers + "/web";

    private string Arrived => _hosts.B.Directory + "/vservers/.incoming/" + Id;

    public async ValueTask InitializeAsync()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        _hosts = await HostPair.UpAsync(roomOnB: null);
        new OwnKey(_prefix.Paths).Ensure();
        await _hosts.B.ExecAsync("vserver-hosts", "allow", "hosta", new OwnKey(_prefix.Paths).Read().PublicKey);
        var keys = WireProtocol.Read((await _hosts.B.ExecAsync("vserver-hosts", "--json", "key")).TrimEnd().Split('\n')[^1]) as ResultEvent;
        _peer = new Peer("hostb", _hosts.B.Address, 22, WireProtocol.FromElement<HostKeys>(keys!.Data!.Value).SshHostKeys[0]).Checked();
        Directory.CreateDirectory(Source);
    }

    [Fact]
    public async Task Pass_TreeWithAllThatTreesHave_ArrivesTheSameAgainAndAgain()
    {
        await MakeTreeAsync();
        await AskAsync("begin", 1);
        await PassAsync();
        Assert.Equal(Wanted(), TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.True(new FileInfo(Arrived + "/sparse").Length > 1 << 25 && long.Parse((await _hosts.B.ExecAsync("stat", "-c", "%b", "/vservers/.incoming/" + Id + "/sparse")).Trim(), System.Globalization.CultureInfo.InvariantCulture) < 4096);

        File.Delete(Source + "/a");
        File.WriteAllText(Source + "/new", "new");
        await PassAsync();
        Assert.Equal(Wanted(), TreeSnapshot.Take(Arrived, withTimes: true));
    }

    [Fact]
    public async Task Pass_IntoNothing_ArrivesTheSameWithItsHoles()
    {
        await MakeTreeAsync();
        await _hosts.A.ExecAsync("sh", "-ec", """cd "$1"; truncate -s 8M 'd/a*b?[c]\d' 'd/back\slash' "$(printf 'd/n\nl\377')"; ln 'd/back\slash' top; echo x > d/aXbYcd; echo full > 'd/a*'""", "sh", Source);
        await AskAsync("begin", 1);
        await Task.Run(() => Pass(isIntoNothing: true).Run(Source, Id, (_, _) => { }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.Equal(Wanted(), TreeSnapshot.Take(Arrived, withTimes: true));
        var sizes = await _hosts.B.ExecAsync("find", "/vservers/.incoming/" + Id, "-type", "f", "-size", "+4M", "-printf", "%b\n");
        Assert.Equal(5, sizes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(sizes.Split('\n', StringSplitOptions.RemoveEmptyEntries), s => Assert.InRange(int.Parse(s, System.Globalization.CultureInfo.InvariantCulture), 0, 64));
        Assert.Empty(Directory.GetFiles(_prefix.Paths.Run, ".names-*"));
    }

    [Fact]
    public async Task Pass_OfWhatHasChanged_ArrivesTheSame()
    {
        await MakeTreeAsync();
        await _hosts.A.ExecAsync("sh", "-ec", """cd "$1"; mkdir -p gone/x/y kept/deep moved/in; echo 1 > gone/x/y/z; echo 2 > kept/deep/f; echo 3 > moved/in/g; for f in hidden '#c' ';s' '- m' '+ p' 'a:b' '!' '-x'; do echo 4 > "$f"; done; echo 5 > chmodded""", "sh", Source);
        await AskAsync("begin", 1);
        await PassAsync();

        Assert.NotNull(TreeChanges.Begin(Source, Assert.Fail));
        await Task.Delay(60, TestContext.Current.CancellationToken);
        var since = DateTimeOffset.UtcNow;
        await Task.Delay(60, TestContext.Current.CancellationToken);
        var script = """
            cd "$1"; rm -r gone b; mv moved d/moved; ln kept/deep/f d/hard; ln -s x d/sym; echo new > "$(printf 'd/n\nl')"; chmod 600 chmodded; chmod 700 kept; rm fifo; mkdir fifo
            for f in hidden '#c' ';s' '- m' '+ p' 'a:b' '!' '-x'; do touch -r "./$f" ../times; echo 9 > "$f"; touch -r ../times "./$f"; done; rm ../times
            """;
        await _hosts.A.ExecAsync("sh", "-ec", script, "sh", Source);
        var changes = TreeChanges.Since(Source, since, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("cap", changes.FilePaths.Select(System.Text.Encoding.Latin1.GetString));
        await Task.Run(() => Pass().RunChanged(Source, Id, changes, withDirectories: true, (_, _) => { }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.Equal(Wanted(), TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.All((string[])["hidden", "#c", ";s", "- m", "+ p", "a:b", "!", "-x"], f => Assert.Equal("9\n", File.ReadAllText($"{Arrived}/{f}")));
    }

    [Fact]
    public async Task Pass_DiskThatLosesWhatIsWritten_FailsAndIsNotBelieved()
    {
        // a disk of 200 MB with room for 24 behind it: it takes what is written, and cannot keep it
        await _hosts.B.ExecAsync("sh", "-ec", "mount -t tmpfs -o size=24M none /mnt; cd /mnt; truncate -s 200M disk; mkfs.ext4 -q disk; mount -o loop,errors=continue disk /vservers");
        await File.WriteAllBytesAsync(Source + "/big", System.Security.Cryptography.RandomNumberGenerator.GetBytes(60 << 20), TestContext.Current.CancellationToken);
        Assert.False(IsSuspect(await AskAsync("begin", 1)));
        var problem = await Assert.ThrowsAsync<ProblemException>(() => Task.Run(() => Pass(isIntoNothing: true).Run(Source, Id, (_, _) => { }, TestContext.Current.CancellationToken)));
        Assert.Equal(ProblemCode.InputOutput, problem.Code);
        Assert.True(IsSuspect(await AskAsync("begin", 1)));
        Assert.True(IsSuspect(await AskAsync("begin", 1)));
        await _hosts.B.ExecAsync("umount", "-l", "/vservers");

        static bool IsSuspect(WireEvent answer) => Assert.IsType<ResultEvent>(answer).Data!.Value.TryGetProperty("isSuspect", out var suspect) && suspect.GetBoolean();
    }

    [Fact]
    public async Task Receiver_HostileSource_WritesNothingElsewhere()
    {
        File.WriteAllText(Source + "/a", "a");
        TrialHost.Run("setfattr", "-n", "trusted.vserver.shared", "-v", "x", Source + "/a");
        Assert.NotEqual(0, (await TryPassAsync()).ExitCode);
        await AskAsync("begin", 1);

        // its marks are refused, too, where it does not leave them out itself
        var words = new CopyPass(_prefix.Paths, _peer).Arguments(Source, Id).Where(w => !w.StartsWith("--filter", StringComparison.Ordinal)).ToArray();
        var forged = await _hosts.A.TryAsync(["rsync", .. words]);
        Assert.True(forged.ExitCode == 23 && forged.Error.Contains("trusted", StringComparison.Ordinal), forged.Error);
        Assert.DoesNotContain("trusted", await _hosts.B.ExecAsync("getfattr", "-m", "-", "-d", "/vservers/.incoming/" + Id + "/a"), StringComparison.Ordinal);

        // a second place, and more room than there is
        Assert.Equal(ProblemCode.Conflict, (await AskAsync("begin", 2) as ProblemEvent)?.Code);
        Assert.Equal(ProblemCode.NoSpace, (await AskAsync("begin", long.MaxValue, "1" + Id[1..]) as ProblemEvent)?.Code);
        Assert.Equal(ProblemCode.InvalidArgument, (await AskAsync("begin", 1, "../../../etc") as ProblemEvent)?.Code);

        // what the receiver sees while it runs
        await File.WriteAllBytesAsync(Source + "/big", System.Security.Cryptography.RandomNumberGenerator.GetBytes(4 << 20), TestContext.Current.CancellationToken);
        using var slow = _hosts.A.Start(["rsync", .. new CopyPass(_prefix.Paths, _peer) { BytesPerSecond = 256 << 10 }.Arguments(Source, Id)]);
        var pid = "";
        for (var i = 0; i < 100 && pid.Length == 0; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            pid = (await _hosts.B.TryAsync("pgrep", "-f", "-o", "^/usr/bin/rsync --server")).Output.Trim();
        }

        var seen = await _hosts.B.ExecAsync("ls", $"/proc/{pid}/root");
        Assert.Equal(["bin", "incoming", "lib", "lib64", "usr"], seen.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(n => n != "lib32"));
        Assert.Contains("Read-only", (await _hosts.B.TryAsync("touch", $"/proc/{pid}/root/usr/x", $"/proc/{pid}/root/x")).Error, StringComparison.Ordinal);

        // CAP_SETFCAP, MKNOD, FSETID, FOWNER, DAC_READ_SEARCH, DAC_OVERRIDE, CHOWN
        Assert.Contains("CapBnd:\t000000008800001f", await _hosts.B.ExecAsync("cat", $"/proc/{pid}/status"), StringComparison.Ordinal);

        // taken back: for ever
        slow.Kill(entireProcessTree: true);
        Assert.IsType<ResultEvent>(await AskAsync("take-back", 1));
        Assert.False(Directory.Exists(Arrived));
        Assert.Equal(ProblemCode.Conflict, (await AskAsync("begin", 1) as ProblemEvent)?.Code);
        Assert.NotEqual(0, (await TryPassAsync()).ExitCode);
    }

    [Fact]
    public async Task Pass_LinkCut_EndsSoonAndGoesOnLater()
    {
        await File.WriteAllBytesAsync(Source + "/big", System.Security.Cryptography.RandomNumberGenerator.GetBytes(8 << 20), TestContext.Current.CancellationToken);
        await AskAsync("begin", 1);
        using var slow = _hosts.A.Start(["rsync", .. new CopyPass(_prefix.Paths, _peer) { BytesPerSecond = 256 << 10 }.Arguments(Source, Id)]);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        await _hosts.CutLinkAsync();
        await slow.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.NotEqual(0, slow.ExitCode);

        await _hosts.MendLinkAsync();
        await PassAsync();
        Assert.Equal(Wanted(), TreeSnapshot.Take(Arrived, withTimes: true));
    }

    public async ValueTask DisposeAsync()
    {
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }

        Dispose();
    }

    public void Dispose() => _prefix.Dispose();

    private IReadOnlyList<string> Wanted() => TreeSnapshot.Take(Source, withTimes: true);

    private async Task MakeTreeAsync()
    {
        var script = """
            cd "$1"; mkdir -p d/e; echo a > a; ln a b; ln -s /etc/shadow out; mkfifo fifo; mknod null c 1 3
            truncate -s 64M sparse; echo end >> sparse; chown 1000:1001 b; chmod 4755 b
            setfattr -n user.x -v y d; setfacl -m u:1234:rw d; printf x > "$(printf 'odd\377\nname')"; cp /bin/true cap; setcap cap_net_raw+ep cap
            touch -d '2001-02-03 04:05:06.789' d a
            """;
        await _hosts.A.ExecAsync("sh", "-ec", script, "sh", Source);
    }

    private Task<Ended> TryPassAsync() => _hosts.A.TryAsync(["rsync", .. new CopyPass(_prefix.Paths, _peer).Arguments(Source, Id)]);

    // as the command makes it, from this machine, which has the tree
    private CopyPass Pass(bool isIntoNothing = false) => new(_prefix.Paths, _peer) { IsIntoNothing = isIntoNothing };

    private Task<CopyTotals> PassAsync() => Task.Run(() => Pass().Run(Source, Id, (_, _) => { }, TestContext.Current.CancellationToken));

    private async Task<WireEvent> AskAsync(string question, long bytes, string id = Id)
    {
        var request = JsonSerializer.Serialize(new IncomingRequest(id, VServerName.Parse("web"), new Guid("827440c8-e588-4408-82b5-6c843db1277e"), bytes), IncomingJson.Default.IncomingRequest);
        var ended = await _hosts.A.TryWithInputAsync(request, ["ssh", .. new PeerSsh(_prefix.Paths, _peer).Options(), _peer.Address, question]);
        return WireProtocol.Read(ended.Output.TrimEnd().Split('\n')[^1]);
    }
}
