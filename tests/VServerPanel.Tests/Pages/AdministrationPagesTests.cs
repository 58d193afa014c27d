using Bunit;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class AdministrationPagesTests : PagesContext
{
    [Fact]
    public async Task Users_Invite_ShowsTheLinkOnceAndPutsItOnRecordWithoutIt()
    {
        await StartAsync(Roles.Administrator);
        var page = Render<UsersPage>();

        await page.TypeAsync("#user-name", "otto");
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("/setup?token=", page.Find("#one-time-link").GetAttribute("value"), StringComparison.Ordinal));
        var token = page.Find("#one-time-link").GetAttribute("value")!.Split('=')[1];
        Assert.Contains("invited", page.Markup, StringComparison.Ordinal);
        var entries = (await Services.GetRequiredService<AuditService>().QueryAsync(new AuditFilter())).Entries;
        Assert.Contains(entries, e => e.Detail == "Invited otto as Operator." && e.User == "anna");
        Assert.DoesNotContain(entries, e => e.Detail?.Contains(token, StringComparison.Ordinal) == true);
        Assert.DoesNotContain(token, Render<UsersPage>().Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_OnlyAdministrator_CannotDisableHimself()
    {
        await StartAsync(Roles.Administrator);
        var administration = Services.GetRequiredService<UserAdministration>();
        var anna = Assert.Single(await administration.ListAsync());

        var refused = await Assert.ThrowsAsync<AccountRefusedException>(() => administration.SetDisabledAsync(anna.Id, disabled: true));
        Assert.Contains("only administrator", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AccountRefusedException>(() => administration.SetRoleAsync(anna.Id, Roles.Auditor, null));
    }

    [Fact]
    public async Task Users_TerminalRight_IsGivenToOperatorsOnlyAndGoesWithTheRole()
    {
        await StartAsync(Roles.Administrator);
        var administration = Services.GetRequiredService<UserAdministration>();
        await MakeUserAsync("otto", Roles.Operator);
        await MakeUserAsync("rosa", Roles.Auditor);
        async Task<UserSummary> Of(string name) => (await administration.ListAsync()).Single(u => u.UserName == name);

        await administration.SetTerminalAsync((await Of("otto")).Id, allowed: true);
        Assert.True((await Of("otto")).HasTerminal);
        Assert.Contains("terminals", Render<UsersPage>().Markup, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AccountRefusedException>(async () => await administration.SetTerminalAsync((await Of("rosa")).Id, allowed: true));

        // who becomes something else and an operator again has to be given it again
        await administration.SetRoleAsync((await Of("otto")).Id, Roles.Auditor, null);
        await administration.SetRoleAsync((await Of("otto")).Id, Roles.Operator, null);
        Assert.False((await Of("otto")).HasTerminal);
        var entries = (await Services.GetRequiredService<AuditService>().QueryAsync(new AuditFilter { Operation = "right-change" })).Entries;
        Assert.Equal("Gave otto the right to open terminals.", Assert.Single(entries).Detail);
    }

    [Theory]
    [InlineData(Roles.Operator)]
    [InlineData(Roles.Auditor)]
    [InlineData(Roles.Tenant)]
    public async Task Users_NotAdministrator_IsRefusedByTheServiceItself(string role)
    {
        await StartAsync(role);
        var administration = Services.GetRequiredService<UserAdministration>();
        await Assert.ThrowsAsync<NotAllowedException>(() => administration.InviteAsync("otto", Roles.Administrator, null));
        await Assert.ThrowsAsync<NotAllowedException>(() => administration.MakePasswordLinkAsync("any"));
        await Assert.ThrowsAsync<NotAllowedException>(() => administration.SetDisabledAsync("any", true));
        await Assert.ThrowsAsync<NotAllowedException>(() => administration.SetTerminalAsync("any", true));
        await Assert.ThrowsAsync<NotAllowedException>(() => administration.SetRoleAsync("any", Roles.Auditor, null));
    }

    [Fact]
    public async Task Tenant_SecretLink_IsShownOnceAndCanBeTakenBack()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        var tenants = Services.GetRequiredService<TenantService>();
        var tenant = await tenants.CreateAsync("Brunner", Caller.Panel);
        var page = Render<TenantPage>(p => p.Add(t => t.Id, tenant.Id));

        await page.TypeAsync("#label", "wall");
        await page.SubmitFormAsync("form", nth: 1);

        page.WaitForAssertion(() => Assert.NotNull(page.Find("#new-link")));
        var token = page.Find("#new-link").GetAttribute("value")!.Split("/s/")[1];
        Assert.Equal(tenant.Id, (await tenants.RedeemAsync(token))?.Id);

        await page.ClickOnAsync("[aria-label='Take back wall']");
        page.WaitForAssertion(() => Assert.Contains("taken back", page.Markup, StringComparison.Ordinal));
        Assert.Null(await tenants.RedeemAsync(token));
    }

    [Fact]
    public async Task Dashboard_CountsAndSaysWhatTheHostLacks()
    {
        await StartAsync(Roles.Auditor, new(VServer("web1", VServerState.Running), VServer("web2", VServerState.Running), VServer("bad", VServerState.Broken) with { Warning = "Line 4 is wrong." }));
        var page = Render<DashboardPage>();

        Assert.Equal(["2", "0", "0", "1"], page.FindAll(".vp-figure .v").Select(v => v.TextContent));
        Assert.Contains("Line 4 is wrong.", page.Markup, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("Guests cannot upgrade unified files.", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        Assert.DoesNotContain("Create vserver", page.Markup, StringComparison.Ordinal);
    }
}
