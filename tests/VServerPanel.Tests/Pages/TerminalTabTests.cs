using System.Security.Claims;
using System.Text;
using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Terminal;
using VServerPanel.Core;
using VServerPanel.Core.Terminal;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class TerminalTabTests : PagesContext
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    private TerminalHost _shell = null!;
    private BunitJSModuleInterop _module = null!;
    private BunitJSModuleInterop _screen = null!;

    private int Opened => _module.Invocations.Count(i => i.Identifier == "open");

    [Fact]
    public async Task Open_Administrator_JoinsHostAndScreen()
    {
        await StartAsync(Roles.Administrator);
        var tab = Open();
        Assert.Contains("what you type is not", tab.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Commands, c => c.Contains("terminal", StringComparison.Ordinal));

        await tab.ClickButtonAsync("Open terminal");
        tab.WaitForAssertion(() => Assert.Contains("vserver web1 terminal --columns 93 --rows 27", Commands), TimeSpan.FromSeconds(20));
        _shell.Show("root@web1:~# ");
        await Eventually.TrueAsync(() => Written.Contains("root@web1:~# ", StringComparison.Ordinal), "it is on the screen");

        await tab.Instance.TypeAsync("ls\r"u8.ToArray());
        await tab.Instance.ResizeAsync(100, 30);
        await Eventually.TrueAsync(() => _shell.Commands.OfType<TerminalSize>().Any(), "the size has arrived");
        Assert.Equal("ls\r", _shell.Typed);
        Assert.Equal("anna", Host.Command.Requests.Last(r => r.Words.Contains("terminal")).Caller!.UserName);
    }

    [Fact]
    public async Task Open_RenderedAgainMeanwhile_MakesOneScreen()
    {
        await StartAsync(Roles.Administrator);
        var tab = Open();

        // the page looks who is signed in before it makes the screen, and is rendered again and again until it knows
        var known = new TaskCompletionSource();
        HoldSignIn(known.Task);
        await tab.ClickButtonAsync("Open terminal");
        for (var i = 0; i < 5; i++)
        {
            tab.Render();
        }

        known.SetResult();
        _shell.Show("one");
        await Eventually.TrueAsync(() => Written.Contains("one", StringComparison.Ordinal), "it is on the screen");
        Assert.Equal(1, Opened);
        Assert.Single(Commands, c => c.Contains("terminal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_PageLoadedAgain_ShowsTheSameSession()
    {
        await StartAsync(Roles.Administrator);
        var tab = Open();
        await tab.ClickButtonAsync("Open terminal");
        _shell.Show("what was before");
        await Eventually.TrueAsync(() => Written.Contains("what was before", StringComparison.Ordinal), "it is on the screen");
        await tab.Instance.DisposeAsync();

        var again = Open();
        await Eventually.TrueAsync(() => Writes.Any(w => w is { IsReset: true, IsReplay: true, Text: "what was before" }), "it is on the new screen");
        Assert.Single(Commands, c => c.Contains("terminal", StringComparison.Ordinal));

        // the shell ends: its last screen stays, and there can be another
        _shell.Exit(0);
        again.WaitForAssertion(() => Assert.Contains("The shell ended with code 0.", again.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.NotEmpty(again.FindAll(".vp-terminal"));
        await again.ClickButtonAsync("Open a new one");
        await Eventually.TrueAsync(() => Commands.Count(c => c.Contains("terminal", StringComparison.Ordinal)) == 2, "another is open");
    }

    [Fact]
    public async Task End_Clicked_HangsUpAndSaysWho()
    {
        await StartAsync(Roles.Administrator);
        var tab = Open();
        await tab.ClickButtonAsync("Open terminal");
        tab.WaitForAssertion(() => Assert.False(Button(tab, "End").HasAttribute("disabled")), TimeSpan.FromSeconds(20));
        await tab.ClickButtonAsync("End");
        tab.WaitForAssertion(() => Assert.Contains("Ended by anna.", tab.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(Roles.Operator)]
    [InlineData(Roles.Auditor)]
    public async Task Open_WithoutTheRight_IsRefused(string role)
    {
        await StartAsync(role);
        var tab = Open();
        tab.WaitForAssertion(() => Assert.Contains("Not allowed", tab.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        await tab.ClickButtonAsync("Open terminal");
        await Task.Delay(200, Xunit.TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Commands, c => c.Contains("terminal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Guard_RightGivenAndTaken_AccountLocked_EndsTheSession()
    {
        await StartAsync(Roles.Operator);
        await ChangeAsync(async (users, user) => await users.AddClaimAsync(user, new Claim(Rights.ClaimType, Rights.Terminal)));
        var guard = new VServerPanel.Terminal.TerminalGuard(Services.GetRequiredService<IServiceScopeFactory>());
        var tab = Open();
        await tab.ClickButtonAsync("Open terminal");
        TerminalSession? session = null;
        var sessions = Services.GetRequiredService<TerminalSessions>();
        var id = await IdAsync();
        await Eventually.TrueAsync(() => (session = sessions.Find(id, s_web1)) is not null, "it is open");
        Assert.Null(await guard.FindReasonToEndAsync(session!, Xunit.TestContext.Current.CancellationToken));

        await ChangeAsync(async (users, user) => await users.SetLockoutEndDateAsync(user, DateTimeOffset.UtcNow.AddMinutes(5)));
        Assert.Contains("locked", await guard.FindReasonToEndAsync(session!, Xunit.TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await ChangeAsync(async (users, user) => await users.SetLockoutEndDateAsync(user, null));
        await ChangeAsync(async (users, user) => await users.RemoveClaimAsync(user, new Claim(Rights.ClaimType, Rights.Terminal)));
        Assert.Contains("right", await guard.FindReasonToEndAsync(session!, Xunit.TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await ChangeAsync(async (users, user) => await users.AddClaimAsync(user, new Claim(Rights.ClaimType, Rights.Terminal)));
        await ChangeAsync(async (users, user) => await users.UpdateSecurityStampAsync(user));
        Assert.Contains("signed out", await guard.FindReasonToEndAsync(session!, Xunit.TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void Allow_Terminal_IsForAdministratorsAndOperatorsWithTheRight()
    {
        Assert.True(Policies.Allow(Policies.Terminal, [Roles.Administrator], []));
        Assert.False(Policies.Allow(Policies.Terminal, [Roles.Operator], []));
        Assert.True(Policies.Allow(Policies.Terminal, [Roles.Operator], [Rights.Terminal]));
        Assert.False(Policies.Allow(Policies.Terminal, [Roles.Auditor], [Rights.Terminal]));
        Assert.False(Policies.Allow(Policies.Terminal, [Roles.Tenant], [Rights.Terminal]));
        Assert.True(Policies.Allow(Policies.Operate, [Roles.Operator], []));
    }

    private IEnumerable<(string Text, bool IsReset, bool IsReplay)> Writes =>
        _screen.Invocations["write"].Select(i => (Encoding.UTF8.GetString((byte[])i.Arguments[0]!), (bool)i.Arguments[1]!, (bool)i.Arguments[2]!));

    private string Written => string.Concat(Writes.Select(w => w.Text));

    private async Task StartAsync(string role)
    {
        await StartAsync(role, new HostOfVServers(VServer("web1", VServerState.Running)));
        _shell = new TerminalHost(Host.Command);
        _module = JSInterop.SetupModule("./js/terminal.js");
        _screen = _module.SetupModule("open", _ => true);
        _screen.Mode = JSRuntimeMode.Loose;
        _screen.Setup<int[]>("size").SetResult([93, 27]);
    }

    private IRenderedComponent<TerminalTab> Open() => Render<TerminalTab>(p => p.Add(t => t.Name, s_web1).Add(t => t.State, VServerState.Running));

    private async Task<string> IdAsync()
    {
        var id = "";
        await ChangeAsync((_, user) =>
        {
            id = user.Id;
            return Task.CompletedTask;
        });
        return id;
    }

    private async Task ChangeAsync(Func<UserManager<PanelUser>, PanelUser, Task> change)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        await change(users, (await users.FindByNameAsync("anna"))!);
    }

    private static IElement Button(IRenderedComponent<TerminalTab> tab, string text) => tab.FindAll("button").Single(b => b.TextContent.Trim() == text);
}
