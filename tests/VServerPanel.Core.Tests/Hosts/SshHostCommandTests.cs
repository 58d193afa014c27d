using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>Against a real sshd.</summary>
public sealed class SshHostCommandTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK";

    private const string Answer = """
        printf '%s\n' "$SSH_ORIGINAL_COMMAND" >> words
        echo '{"type":"hello","version":1,"features":[]}'; cat > input; echo '{"type":"result"}'
        """;

    [Fact]
    public async Task Run_WordsAndInput_ArriveAsTheyAre()
    {
        using var sshd = await TestSshd.StartAsync(Answer);
        var request = new HostRequest(["vserver-stat", "a b", "$(touch x)", "'", "é", ""], "IPROOT=größer\n") { Caller = new Caller("u", "alice; rm -rf /", "::1") };

        var events = await RunAsync(sshd.Command(), request);

        Assert.IsType<ResultEvent>(events[^1]);
        Assert.Equal(
            ["--as", "vserver-stat", "--json", "--actor-user", "alice; rm -rf /", "--actor-address", "::1", "a b", "$(touch x)", "'", "é", ""],
            RemoteWords.Read((await File.ReadAllTextAsync(sshd.PathOf("words"), TestContext.Current.CancellationToken)).TrimEnd()));
        Assert.Equal("IPROOT=größer\n", await File.ReadAllTextAsync(sshd.PathOf("input"), TestContext.Current.CancellationToken));
        Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(sshd.Identity.KeyPath), 8));
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(sshd.PathOf("panel")), 8));
    }

    [Fact]
    public async Task Run_ManyAtOnce_ShareOneConnection()
    {
        using var sshd = await TestSshd.StartAsync(Answer);
        var command = sshd.Command();
        await RunAsync(command, new HostRequest(["vserver-info"]));

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunAsync(command, new HostRequest(["vserver-info"]))));

        Assert.All(answers, a => Assert.IsType<ResultEvent>(a[^1]));
        Assert.Equal(1, sshd.Connections);
    }

    [Fact]
    public async Task Run_DirectoryOfItsSocketsWasTakenAway_IsMadeAgain()
    {
        using var sshd = await TestSshd.StartAsync(Answer);
        var command = sshd.Command();
        await RunAsync(command, new HostRequest(["vserver-info"]));
        var sockets = Path.GetDirectoryName(sshd.Identity.ControlPath(Host()))!;
        Assert.NotEmpty(Directory.GetFileSystemEntries(sockets));

        // as systemd-tmpfiles does
        Directory.Delete(sockets, recursive: true);
        Assert.IsType<ResultEvent>((await RunAsync(command, new HostRequest(["vserver-info"])))[^1]);
        Assert.IsType<ResultEvent>((await RunAsync(command, new HostRequest(["vserver-info"])))[^1]);
        Assert.Equal(2, sshd.Connections);
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(sockets), 8));
    }

    [Fact]
    public void ControlPath_Place_IsTheUnitsElseTheDatasElseAFreshOne()
    {
        var directory = Directory.CreateTempSubdirectory("vsp-").FullName;
        try
        {
            using (var given = new SshIdentity(directory + "/data", directory))
            {
                Assert.StartsWith(directory + "/ssh/", given.ControlPath(Host()), StringComparison.Ordinal);
                Directory.Delete(directory + "/ssh", recursive: true);
                given.ControlPath(Host());
                Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(directory + "/ssh"), 8));
            }

            Assert.False(Directory.Exists(directory + "/ssh"));
            using var near = new SshIdentity(directory + "/d");
            Assert.StartsWith(directory + "/d/s/", near.ControlPath(Host()), StringComparison.Ordinal);
            using var deep = new SshIdentity(directory + "/" + new string('d', 60));
            var first = Path.GetDirectoryName(deep.ControlPath(Host()))!;
            Assert.Equal(first, Path.GetDirectoryName(deep.ControlPath(Host())));
            Directory.Delete(first);

            // the name may be somebody else's by now
            Assert.NotEqual(first, Path.GetDirectoryName(deep.ControlPath(Host())));
            Assert.All((SshIdentity[])[near, deep], i => Assert.InRange(i.ControlPath(Host()).Length - 2 + 40 + 17, 1, 107));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static SshHost Host() => SshHost.Parse("other", "127.0.0.1", 22, Key);

    [Fact]
    public async Task Run_MoreThanOneConnectionCarries_AllAreAnswered()
    {
        // sshd_config(5), MaxSessions: 10
        const int Streams = 14;
        using var sshd = await TestSshd.StartAsync("""echo '{"type":"hello","version":1,"features":[]}'; read -r line; echo '{"type":"result"}'""");
        var command = sshd.Command();
        await RunAsync(command, new HostRequest(["vserver-info"]));
        var begun = new CountdownEvent(Streams);
        var inputs = Enumerable.Range(0, Streams).Select(_ => System.Threading.Channels.Channel.CreateUnbounded<string>()).ToList();

        var answers = inputs.Select(input => Task.Run(async () =>
        {
            var events = new List<WireEvent>();
            await foreach (var e in command.RunAsync(new HostRequest(["vserver-stat"]) { IsStream = true, InputLines = input.Reader }, TestContext.Current.CancellationToken))
            {
                events.Add(e);
                _ = e is HelloEvent && begun.Signal();
            }

            return events;
        })).ToList();
        await Eventually.TrueAsync(() => begun.IsSet, "all run at the same time");
        inputs.ForEach(i => i.Writer.TryWrite("go on"));

        Assert.All(await Task.WhenAll(answers), a => Assert.IsType<ResultEvent>(a[^1]));
        Assert.InRange(sshd.Connections, 1, 6);
    }

    [Fact]
    public async Task Run_HostKeyIsAnother_IsRefusedLoudlyAndNothingIsSent()
    {
        using var sshd = await TestSshd.StartAsync(Answer);
        var pinned = sshd.Command();
        sshd.Kill();
        await sshd.MakeHostKeyAsync();
        await sshd.BeginAsync();

        var problem = Assert.IsType<ProblemEvent>(Assert.Single(await RunAsync(pinned, new HostRequest(["vserver-info"]))));

        Assert.Equal(ProblemCode.Conflict, problem.Code);
        Assert.StartsWith("DANGER", problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(sshd.PathOf("words")));
        Assert.Equal(0, sshd.Connections);
    }

    [Fact]
    public async Task Run_KeyIsNotAccepted_SaysWhatToDo()
    {
        using var sshd = await TestSshd.StartAsync(Answer);
        await sshd.AllowAsync(Key);

        var problem = Assert.IsType<ProblemEvent>(Assert.Single(await RunAsync(sshd.Command(), new HostRequest(["vserver-info"]))));

        Assert.Equal(ProblemCode.NotPermitted, problem.Code);
        Assert.Contains("vserver-setup --allow-panel", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_HostDiesAndComesBack_IsUnreachableAndThenAnswers()
    {
        using var sshd = await TestSshd.StartAsync("""echo '{"type":"hello","version":1,"features":[]}'; if [ -e stay ]; then sleep 60; fi; echo '{"type":"result"}'""");
        var command = sshd.Command();
        await File.WriteAllTextAsync(sshd.PathOf("stay"), "", TestContext.Current.CancellationToken);
        var seen = new List<WireEvent>();
        await foreach (var wireEvent in command.RunAsync(new HostRequest(["vserver-stat", "--watch"]) { IsStream = true }, TestContext.Current.CancellationToken))
        {
            seen.Add(wireEvent);
            if (wireEvent is HelloEvent)
            {
                sshd.Kill();
            }
        }

        // it had been asked: whether it did what it was asked is not known
        Assert.Equal(ProblemCode.Terminated, Assert.IsType<ProblemEvent>(seen[^1]).Code);
        var dead = Assert.IsType<ProblemEvent>(Assert.Single(await RunAsync(command, new HostRequest(["vserver-info"]))));
        Assert.Equal(ProblemCode.Unreachable, dead.Code);

        File.Delete(sshd.PathOf("stay"));
        await sshd.BeginAsync();
        Assert.IsType<ResultEvent>((await RunAsync(command, new HostRequest(["vserver-info"])))[^1]);
    }

    [Theory]
    [InlineData("echo garbage", ProblemCode.Internal)]
    [InlineData("head -c 6000000 /dev/zero | tr '\\0' x", ProblemCode.Internal)]
    [InlineData("""echo '{"type":"hello","version":99,"features":[]}'""", ProblemCode.Unsupported)]
    [InlineData("echo 'sh: vserver: not found' >&2; exit 127", ProblemCode.MissingTool)]
    public async Task Run_HostAnswersNonsense_IsAProblemAndNoMore(string script, ProblemCode code)
    {
        using var sshd = await TestSshd.StartAsync(script);
        var problem = Assert.IsType<ProblemEvent>((await RunAsync(sshd.Command(), new HostRequest(["vserver-info"])))[^1]);
        Assert.Equal(code, problem.Code);
        Assert.True(problem.Message.Length < 1000);
    }

    [Theory]
    [InlineData("-oProxyCommand=id", "192.0.2.1", Key)]
    [InlineData("a/../b", "192.0.2.1", Key)]
    [InlineData("a\nb", "192.0.2.1", Key)]
    [InlineData("a", "-oProxyCommand=id", Key)]
    [InlineData("a", "root@192.0.2.1", Key)]
    [InlineData("a", "fe80::1%eth0;id", Key)]
    [InlineData("a", "", Key)]
    [InlineData("a", "192.0.2.1", "ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK")]
    [InlineData("a", "192.0.2.1", Key + "\n* " + Key)]
    public void Parse_PartThatCouldMeanMore_IsRefused(string name, string address, string hostKey) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<HostProblemException>(() => SshHost.Parse(name, address, 22, hostKey)).Code);

    private static async Task<List<WireEvent>> RunAsync(SshHostCommand command, HostRequest request) =>
        await command.RunAsync(request, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
}
