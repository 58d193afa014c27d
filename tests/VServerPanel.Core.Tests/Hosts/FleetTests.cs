using System.Diagnostics;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Processes;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>A host that is reached through a real sshd, with a script for its command, beside the own one.</summary>
public sealed class FleetTests
{
    // it has one vserver, keeps a journal, and answers what the panel asks by itself
    private const string Script = """
        printf '%s\n' "$SSH_ORIGINAL_COMMAND" >> words
        echo '{"type":"hello","version":1,"features":[]}'
        case " $SSH_ORIGINAL_COMMAND " in
        *vserver-stat*--watch*) cat vservers; echo '{"type":"item","kind":"snapshot-complete","data":{}}'; cat > /dev/null ;;
        *vserver-stat*) cat vservers; echo '{"type":"result"}' ;;
        *vserver-info*) cat info ;;
        *" journal "*) cat journal ;;
        *" start "*) touch started; if [ -e silent ]; then sleep 60; fi; echo '{"type":"result"}' ;;
        *" show "*) cat show ;;
        *) echo '{"type":"result"}' ;;
        esac
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_KeyComparedAndPinned_HasAllServicesAndIsOnRecord()
    {
        using var sshd = await StartAsync();
        await using var core = await CoreAsync(sshd);
        var catalogue = core.Get<HostCatalogue>();

        var found = await catalogue.FindAsync(" root2 ", "127.0.0.1", sshd.Port, Cancel);
        Assert.Equal((await FingerprintAsync(sshd.PathOf("host.pub"))), found.Fingerprint);
        Assert.Equal("/etc/ssh/ssh_host_ed25519_key.pub", found.KeyFile);
        Assert.Equal("6.18", (await catalogue.TryAsync(found, Cancel)).Kernel);
        Assert.Empty(await catalogue.ListAsync(Cancel));
        await catalogue.AddAsync(found, TestCore.Alice, Cancel);

        var known = Assert.Single(await catalogue.ListAsync(Cancel));
        Assert.Equal((found, "alice"), (known.Host, known.AddedBy));
        var fleet = core.Get<Fleet>();
        Assert.Equal(["host1", "root2"], fleet.All.Select(h => h.Name));
        await Eventually.TrueAsync(() => Is(fleet, "root2", DirectoryConnection.Live), "it answers");
        Assert.Equal(new HostState("root2", false, fleet.States[1].Connection, 1, 0, 1), fleet.States[1]);
        var entry = Assert.Single(fleet.All[1].Directory.Snapshot.Entries);
        Assert.Equal(("root2", "far1"), (entry.Host, entry.Name.Value));

        // what happened in the panel is its own host's; what was done in a shell there is that host's
        await Eventually.TrueAsync(async () => (await HistoryAsync(core, new AuditFilter { Host = "root2" })).Count == 1, "its journal is read");
        Assert.Equal(["host-add", "host-pin-key"], (await HistoryAsync(core, new AuditFilter { Host = "host1" })).Select(e => e.Operation));
        Assert.Contains(found.Fingerprint, (await HistoryAsync(core, new AuditFilter { Operation = "host-pin-key" })).Single().Detail, StringComparison.Ordinal);
        Assert.True((await core.Get<AuditService>().VerifyAsync(Cancel)).IsIntact);
    }

    [Fact]
    public async Task Host_AwayWhenThePanelStarts_BlocksNothing_AndIsBackByItself()
    {
        using var sshd = await StartAsync();
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        try
        {
            await using (var before = await CoreAsync(sshd, directory))
            {
                await AddAsync(before, sshd);
            }

            sshd.Kill();
            await using var core = await CoreAsync(sshd, directory);
            var fleet = core.Get<Fleet>();
            await Eventually.TrueAsync(() => Is(fleet, "host1", DirectoryConnection.Live), "the own host answers");
            await Eventually.TrueAsync(() => Is(fleet, "root2", DirectoryConnection.Unreachable), "the other one is known not to");
            Assert.Contains("root2 cannot be reached", fleet.Find("root2")!.Directory.Snapshot.Connection.Message, StringComparison.Ordinal);
            core.Host.On("vserver web1 start", new HelloEvent(1, []), new ResultEvent());
            Assert.Equal("host1", (await core.Get<LifecycleService>().StartAsync(VServerName.Parse("web1"), TestCore.Alice, Cancel)).Host);

            await sshd.BeginAsync();
            await Eventually.TrueAsync(() => Is(fleet, "root2", DirectoryConnection.Live), "it is back");
            sshd.Kill();
            await Eventually.TrueAsync(() => Is(fleet, "root2", DirectoryConnection.Unreachable), "it is away again");
            var since = fleet.Find("root2")!.Directory.Snapshot.Connection.Since;
            await Eventually.TrueAsync(() => fleet.Find("root2")!.Directory.Snapshot.Connection.Message!.Contains("cannot be reached", StringComparison.Ordinal), "the next try says why");
            Assert.Equal(since, fleet.Find("root2")!.Directory.Snapshot.Connection.Since);
            Assert.Equal("far1", Assert.Single(fleet.Find("root2")!.Directory.Snapshot.Entries).Name.Value);
            await sshd.BeginAsync();
            await Eventually.TrueAsync(() => Is(fleet, "root2", DirectoryConnection.Live), "it is back again");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Operation_CutOffWithTheHost_IsToldByItsJournalWhenItIsBack()
    {
        using var sshd = await StartAsync();
        await using var core = await CoreAsync(sshd);
        var host = await AddAsync(core, sshd);
        await File.WriteAllTextAsync(sshd.PathOf("silent"), "", Cancel);
        var operation = new Operation("start", VServerName.Parse("far1"), ["vserver", "far1", "start"]);
        var running = host.Get<OperationRunner>().RunAsync(operation, TestCore.Alice, Cancel);
        await Eventually.TrueAsync(() => File.Exists(sshd.PathOf("started")), "the host has begun it");

        sshd.Kill();
        var cut = await Assert.ThrowsAsync<HostProblemException>(() => running);

        Assert.Equal(ProblemCode.Terminated, cut.Code);
        Assert.Single(await host.Get<AuditService>().OperationAsync(operation.Id, Cancel));
        await File.WriteAllTextAsync(sshd.PathOf("journal"), Lines(FakeHost.Item(ItemKinds.Journal, Done(operation.Id, 200)), FakeHost.Result(new JournalPosition(200))), Cancel);
        await sshd.BeginAsync();
        await Eventually.TrueAsync(async () => (await host.Get<AuditService>().OperationAsync(operation.Id)).Count == 2, "its end is told");
        Assert.Equal((OperationOutcome.Succeeded, AuditOrigin.Host), (await host.Get<AuditService>().OperationAsync(operation.Id, Cancel)) is [_, var ended] ? (ended.Outcome!.Value, ended.Origin) : default);
    }

    [Fact]
    public async Task Remove_AsksNothingOfTheHostAnyMore_AndALaterOneOfItsNameBeginsAnew()
    {
        using var sshd = await StartAsync();
        await using var core = await CoreAsync(sshd);
        var host = await AddAsync(core, sshd);
        await host.Get<ScheduleService>().SetAsync(UnificationSchedule.Off with { IsOn = true, Reference = VServerName.Parse("far1"), Hour = 3 }, TestCore.Alice, Cancel);
        var catalogue = core.Get<HostCatalogue>();
        await using var processes = host.Get<ProcessDirectory>().WatchAsync(true, Cancel).GetAsyncEnumerator(Cancel);
        await processes.MoveNextAsync();
        await Eventually.TrueAsync(async () => await BeginningsAsync() == 1, "its journal is read");

        // or what was asked before would come to the host behind the removal
        await Eventually.TrueAsync(async () => (await WordsAsync(sshd)).Count(w => w.EndsWith(" --json --watch", StringComparison.Ordinal)) == 2, "its vservers and processes are watched");

        await catalogue.RemoveAsync("root2", TestCore.Alice, Cancel);

        Assert.Null(core.Get<Fleet>().Find("root2"));
        Assert.Empty(await catalogue.ListAsync(Cancel));
        Assert.Equal("host-remove", (await HistoryAsync(core, new AuditFilter { Host = "host1" }))[0].Operation);
        var asked = await WordsAsync(sshd);
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => host.Get<HostService>().InfoAsync(refresh: true, Cancel));
        Assert.Equal(ProblemCode.NotFound, refused.Code);
        Assert.Equal(asked, await WordsAsync(sshd));
        Assert.Equal(ProblemCode.NotFound, (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.RemoveAsync("root2", TestCore.Alice, Cancel))).Code);
        Assert.Equal(ProblemCode.NotFound, (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.RemoveAsync("host1", TestCore.Alice, Cancel))).Code);

        var again = await AddAsync(core, sshd);
        Assert.False((await again.Get<ScheduleService>().GetAsync(Cancel)).Schedule.IsOn);
        await Eventually.TrueAsync(async () => await BeginningsAsync() >= 2, "its journal is read from the beginning");

        async Task<int> BeginningsAsync() => (await WordsAsync(sshd)).Count(w => w.EndsWith(" journal --from 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Find_WhatCannotBeOrIsTakenOrDoesNotAnswer_IsRefusedInClearWords()
    {
        using var sshd = await StartAsync();
        await using var core = await CoreAsync(sshd);
        await AddAsync(core, sshd);
        var catalogue = core.Get<HostCatalogue>();

        Assert.Equal(ProblemCode.InvalidArgument, await RefusalAsync("-oProxyCommand=id", "192.0.2.1", 22));
        Assert.Equal(ProblemCode.InvalidArgument, await RefusalAsync("root3", "-oProxyCommand=id", 22));
        Assert.Equal(ProblemCode.InvalidArgument, await RefusalAsync("root3", "192.0.2.1", 0));
        Assert.Equal(ProblemCode.AlreadyExists, await RefusalAsync("HOST1", "192.0.2.1", 22));
        Assert.Equal(ProblemCode.AlreadyExists, await RefusalAsync("Root2", "192.0.2.1", 22));
        Assert.Equal(ProblemCode.AlreadyExists, await RefusalAsync("root3", "127.0.0.1", sshd.Port));
        Assert.Equal(ProblemCode.Unreachable, await RefusalAsync("root3", "127.0.0.1", 1));
        Assert.Equal(ProblemCode.Unreachable, await RefusalAsync("root3", "no-such-machine.invalid", 22));

        async Task<ProblemCode> RefusalAsync(string name, string address, int port) => (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.FindAsync(name, address, port))).Code;
    }

    [Fact]
    public async Task Try_KeyChangedOrNotLetInOrTooOld_IsRefusedAndNothingIsKept()
    {
        using var sshd = await StartAsync();
        await using var core = await CoreAsync(sshd);
        var catalogue = core.Get<HostCatalogue>();
        var found = await catalogue.FindAsync("root2", "127.0.0.1", sshd.Port, Cancel);

        await sshd.AllowAsync(FakeTransport.PublicKey);
        Assert.Equal(ProblemCode.NotPermitted, await RefusalAsync());
        await sshd.AllowAsync(await catalogue.PublicKeyAsync(Cancel));
        await File.WriteAllTextAsync(sshd.PathOf("info"), Lines(new ResultEvent()), Cancel);
        Assert.Equal(ProblemCode.Unsupported, await RefusalAsync());
        sshd.Kill();
        await sshd.MakeHostKeyAsync();
        await sshd.BeginAsync();
        Assert.Equal(ProblemCode.Conflict, await RefusalAsync());
        Assert.Empty(await catalogue.ListAsync(Cancel));

        async Task<ProblemCode> RefusalAsync() => (await Assert.ThrowsAsync<HostProblemException>(() => catalogue.TryAsync(found, Cancel))).Code;
    }

    private static async Task<TestSshd> StartAsync()
    {
        var sshd = await TestSshd.StartAsync(Script);
        await File.WriteAllTextAsync(sshd.PathOf("vservers"), Lines(FakeHost.Item(ItemKinds.VServer, Statuses.Running("far1"))), Cancel);
        await File.WriteAllTextAsync(sshd.PathOf("info"), Lines(FakeHost.Result(HostServiceTests.Report)), Cancel);
        await File.WriteAllTextAsync(sshd.PathOf("journal"), Lines(FakeHost.Item(ItemKinds.Journal, Done(new string('d', 32), 100)), FakeHost.Result(new JournalPosition(100))), Cancel);
        await File.WriteAllTextAsync(sshd.PathOf("show"), Lines(new ProblemEvent(ProblemCode.NotFound, "There is no such job.")), Cancel);
        return sshd;
    }

    [Fact]
    public async Task Remove_HostDoesNotLetGo_IsForgottenAllTheSame()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new FakeHost("root2");
        var letGo = new TaskCompletionSource();
        host.OnCall("vserver-jobs journal", (_, _) => HoldAsync(letGo.Task));
        host.On("vserver-info", new HelloEvent(1, []), FakeHost.Result(HostServiceTests.Report));
        core.Transport.Hosts["192.0.2.2"] = host;
        await core.StartAsync();
        var catalogue = core.Get<HostCatalogue>();
        await catalogue.AddAsync(await catalogue.FindAsync("root2", "192.0.2.2", 22, Cancel), TestCore.Alice, Cancel);
        await Eventually.TrueAsync(() => host.Commands.Any(c => c.StartsWith("vserver-jobs journal", StringComparison.Ordinal)), "its journal is being read");

        var removing = catalogue.RemoveAsync("root2", TestCore.Alice, Cancel);
        await Eventually.TrueAsync(async () => (await catalogue.ListAsync(Cancel)).Count == 0, "it is not known any more");
        await removing;

        Assert.False(letGo.Task.IsCompleted);
        Assert.Equal(["host1"], core.Get<Fleet>().All.Select(h => h.Name));
        letGo.SetResult();
    }

    private static async IAsyncEnumerable<WireEvent> HoldAsync(Task letGo)
    {
        await letGo;
        yield return new ResultEvent();
    }

    private static async Task<TestCore> CoreAsync(TestSshd sshd, string? directory = null)
    {
        var host = new FakeHost();
        var watch = new WatchScript(host);
        watch.Say(Statuses.Running("web1"));
        watch.SnapshotComplete();
        host.On("vserver-jobs journal", new HelloEvent(1, []), FakeHost.Result(new JournalPosition(0)));
        var core = await TestCore.CreateAsync(host, directory, sshd.Transport);
        await core.StartAsync();
        return core;
    }

    private static async Task<HostServices> AddAsync(TestCore core, TestSshd sshd)
    {
        var catalogue = core.Get<HostCatalogue>();
        await catalogue.AddAsync(await catalogue.FindAsync("root2", "127.0.0.1", sshd.Port, Cancel), TestCore.Alice, Cancel);
        await Eventually.TrueAsync(() => Is(core.Get<Fleet>(), "root2", DirectoryConnection.Live), "it answers");
        return core.Get<Fleet>().Find("root2")!;
    }

    private static bool Is(Fleet fleet, string host, DirectoryConnection connection) => fleet.Find(host)?.Directory.Snapshot.Connection.State == connection;

    private static JournalEntry Done(string operationId, long position) => new()
    {
        Position = position,
        OperationId = operationId,
        Phase = JournalPhase.Ended,
        Time = DateTimeOffset.UtcNow,
        Actor = new Actor("root"),
        VServer = VServerName.Parse("far1"),
        Operation = "start",
        Command = ["vserver", "far1", "start"],
        Outcome = OperationOutcome.Succeeded,
    };

    private static string Lines(params WireEvent[] events) => string.Concat(events.Select(e => WireProtocol.Write(e) + "\n"));

    private static async Task<IReadOnlyList<AuditEntry>> HistoryAsync(TestCore core, AuditFilter filter) => (await core.Get<AuditService>().QueryAsync(filter, cancellationToken: Cancel)).Entries;

    private static async Task<IReadOnlyList<string>> WordsAsync(TestSshd sshd) => await File.ReadAllLinesAsync(sshd.PathOf("words"), Cancel);

    private static async Task<string> FingerprintAsync(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("ssh-keygen", ["-lf", file]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync(Cancel)).Split(' ')[1];
    }
}
