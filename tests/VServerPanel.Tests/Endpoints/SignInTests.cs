using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Terminal;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed partial class SignInTests : PanelTest
{
    [Fact]
    public async Task SignIn_RightPassword_OpensTheAddressAskedFor()
    {
        await Panel.MakeUserAsync("anna", Roles.Operator);
        using var browser = Panel.Open();

        using var answer = await browser.SendFormAsync("/sign-in?returnUrl=%2Fvservers", ("Input.UserName", "anna"), ("Input.Password", PanelFactory.Password));

        Assert.Equal("/vservers", answer.Destination());
        Assert.Contains("Overview", await browser.TextAsync("/"), StringComparison.Ordinal);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), c => c.StartsWith("vsp-session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("sign-in", await HistoryAsync());
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    public async Task SignIn_ReturnAddressOfAnother_GoesHome(string returnUrl)
    {
        await Panel.MakeUserAsync("anna", Roles.Operator);
        using var browser = Panel.Open();

        using var answer = await browser.SendFormAsync("/sign-in?returnUrl=" + Uri.EscapeDataString(returnUrl), ("Input.UserName", "anna"), ("Input.Password", PanelFactory.Password));

        Assert.Equal("/", answer.Destination());
    }

    [Fact]
    public async Task SignIn_FiveWrongPasswords_LocksTheAccountAgainstTheRightOne()
    {
        await Panel.MakeUserAsync("anna", Roles.Operator);
        using var browser = Panel.Open();
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await browser.SignInAsync("anna", "wrong password " + i);
            Assert.Equal(HttpStatusCode.OK, wrong.StatusCode);
        }

        using var right = await browser.SignInAsync("anna", PanelFactory.Password);

        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        var history = await HistoryAsync();
        Assert.Contains("sign-in-failed", history);
        Assert.Contains("locked-out", history);
    }

    [Fact]
    public async Task SignIn_UnknownWrongDisabledAndLocked_AreAnsweredAlikeAndNoneEarlier()
    {
        await Panel.MakeUserAsync("anna", Roles.Operator);
        await ChangeAsync(await Panel.MakeUserAsync("bert", Roles.Operator), user => user.IsDisabled = true);
        await ChangeAsync(await Panel.MakeUserAsync("carl", Roles.Operator), user => user.LockoutEnd = DateTimeOffset.UtcNow.AddMinutes(5));
        using var browser = Panel.Open();

        var answers = new List<string>();
        foreach (var (user, password) in new[] { ("nobody", "wrong password"), ("anna", "wrong password"), ("bert", PanelFactory.Password), ("carl", PanelFactory.Password), ("carl", "wrong password") })
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            using var answer = await browser.SignInAsync(user, password);
            Assert.True(clock.Elapsed >= PanelFactory.RefusalTakes, $"{user} was refused after {clock.Elapsed.TotalMilliseconds:0} ms");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answers.Add(Alert().Match(await answer.Content.ReadAsStringAsync()).Value);
        }

        Assert.Contains("locked for 15 minutes", answers[0], StringComparison.Ordinal);
        Assert.Single(answers.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task SignIn_ManyAttemptsFromOneAddress_AreHeldOff()
    {
        using var browser = Panel.Open();
        var last = HttpStatusCode.OK;
        for (var i = 0; i < 12; i++)
        {
            using var answer = await browser.SignInAsync("user" + i, "wrong password");
            last = answer.StatusCode;
            if (last == HttpStatusCode.TooManyRequests)
            {
                Assert.Contains("Too many attempts", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    [Fact]
    public async Task SignIn_WithoutTheFormsToken_IsRefused()
    {
        await Panel.MakeUserAsync("anna", Roles.Operator);
        using var browser = Panel.Open();
        using var answer = await browser.PostAsync("/sign-in", ("_handler", "sign-in"), ("Input.UserName", "anna"), ("Input.Password", PanelFactory.Password));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task SignOut_Form_EndsTheSession()
    {
        using var browser = await Panel.OpenAsync(Roles.Operator);

        using var link = await browser.GetAsync("/sign-out");
        Assert.NotEqual(HttpStatusCode.OK, link.StatusCode);
        using var forged = await browser.PostAsync("/sign-out");
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);

        using var answer = await browser.SendFormToAsync("/account/leave", "/sign-out");
        Assert.Equal("/sign-in", answer.Destination());
        using var after = await browser.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    [Fact]
    public async Task SignOut_TerminalOpen_EndsIt()
    {
        var user = await Panel.MakeUserAsync("anna", Roles.Administrator);
        using var browser = await Panel.OpenAsync(Roles.Administrator, "anna");
        _ = new TerminalHost(Host.Command);
        var web1 = VServerName.Parse("web1");
        var session = Panel.Services.GetRequiredService<TerminalSessions>().Open(web1, new TerminalSize(80, 24), new Caller(user.Id, "anna", null), user.SecurityStamp!);
        await Eventually.TrueAsync(() => session.State == TerminalState.Open, "it is open");

        using var answer = await browser.SendFormToAsync("/account/leave", "/sign-out");

        await Eventually.TrueAsync(() => session.State == TerminalState.Ended, "it has ended");
        Assert.Equal("You signed out.", session.End);
    }

    [Fact]
    public async Task Session_AccountDisabledOrRoleChanged_EndsAtOnce()
    {
        var user = await Panel.MakeUserAsync("olga", Roles.Operator);
        using var browser = await Panel.OpenAsync(Roles.Operator, "olga");
        using var before = await browser.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        await ChangeAsync(user, u => u.IsDisabled = true);

        using var after = await browser.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
        using var again = await browser.SignInAsync("olga", PanelFactory.Password);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task ChangePassword_RightCurrent_OldOneNoLongerOpens()
    {
        using var browser = await Panel.OpenAsync(Roles.Auditor);
        using var answer = await browser.SendFormAsync(
            "/account/password", ("Input.Current", PanelFactory.Password), ("Input.Password", "another horse battery"), ("Input.Again", "another horse battery"));
        Assert.Contains("is changed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var other = Panel.Open();
        using var old = await other.SignInAsync("auditor", PanelFactory.Password);
        Assert.Equal(HttpStatusCode.OK, old.StatusCode);
        using var now = await other.SignInAsync("auditor", "another horse battery");
        Assert.Equal(HttpStatusCode.Redirect, now.StatusCode);
    }

    private async Task ChangeAsync(PanelUser user, Action<PanelUser> change)
    {
        await using var scope = Panel.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var found = (await users.FindByIdAsync(user.Id))!;
        change(found);
        Assert.True((await users.UpdateAsync(found)).Succeeded);
    }

    [GeneratedRegex("<p class=\"error\"[^>]*>[^<]+</p>", RegexOptions.None, 1000)]
    private static partial Regex Alert();

    private async Task<List<string>> HistoryAsync() =>
        [.. (await Panel.Services.GetRequiredService<AuditService>().QueryAsync(new AuditFilter())).Entries.Select(e => e.Operation)];
}
