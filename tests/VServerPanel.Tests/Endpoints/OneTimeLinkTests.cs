using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Core;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed class OneTimeLinkTests : PanelTest
{
    private static readonly (string, string)[] s_fields = [("Input.UserName", "boss"), ("Input.Password", "correct horse battery"), ("Input.Again", "correct horse battery")];

    [Fact]
    public async Task FirstAdministrator_Link_MakesTheAccountOnceAndSignsIn()
    {
        var token = await Panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator);
        using var browser = Panel.Open();

        using var made = await browser.SendFormAsync("/setup?token=" + token, s_fields);
        Assert.Equal("/", made.Destination());
        using var users = await browser.GetAsync("/users");
        Assert.Equal(HttpStatusCode.OK, users.StatusCode);

        using var stranger = Panel.Open();
        using var again = await stranger.GetAsync("/setup?token=" + token);
        Assert.Equal(HttpStatusCode.Gone, again.StatusCode);
    }

    [Fact]
    public async Task FirstAdministrator_SecondLink_IsDeadOnceThereIsOne()
    {
        var (first, second) = (await Panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator), await Panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator));
        using var browser = Panel.Open();
        using var made = await browser.SendFormAsync("/setup?token=" + first, s_fields);
        Assert.Equal(HttpStatusCode.Redirect, made.StatusCode);

        using var stranger = Panel.Open();
        using var refused = await stranger.SendFormAsync("/setup?token=" + second, ("Input.UserName", "thief"), s_fields[1], s_fields[2]);

        Assert.NotEqual(HttpStatusCode.Redirect, refused.StatusCode);
        using var signIn = await stranger.SignInAsync("thief", "correct horse battery");
        Assert.Equal(HttpStatusCode.OK, signIn.StatusCode);
    }

    [Fact]
    public async Task NewPassword_LinkIsUsed_EndsTheOthersOfTheUser()
    {
        await Panel.MakeUserAsync("carol", Roles.Operator);
        var (astray, used) = (await Panel.MakeLinkAsync(OneTimeLinkKind.NewPassword, "carol"), await Panel.MakeLinkAsync(OneTimeLinkKind.NewPassword, "carol"));
        using var browser = Panel.Open();
        using var made = await browser.SendFormAsync("/setup?token=" + used, s_fields[1], s_fields[2]);
        Assert.Equal(HttpStatusCode.Redirect, made.StatusCode);

        using var stranger = Panel.Open();
        using var refused = await stranger.GetAsync("/setup?token=" + astray);
        Assert.Equal(HttpStatusCode.Gone, refused.StatusCode);
    }

    [Fact]
    public async Task Setup_WeakPassword_SaysSoAndKeepsTheLink()
    {
        var token = await Panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator);
        using var browser = Panel.Open();
        using var weak = await browser.SendFormAsync("/setup?token=" + token, ("Input.UserName", "boss"), ("Input.Password", "aaaaaaaaaaaaaa"), ("Input.Again", "aaaaaaaaaaaaaa"));
        Assert.Contains("role=\"alert\"", await weak.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var made = await browser.SendFormAsync("/setup?token=" + token, s_fields);
        Assert.Equal(HttpStatusCode.Redirect, made.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Setup_WrongToken_IsGone(string token)
    {
        using var browser = Panel.Open();
        using var answer = await browser.GetAsync("/setup?token=" + token);
        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        Assert.Contains("This link does not work", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_IsKeptAsHashOnly()
    {
        var token = await Panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator);
        await using var scope = Panel.Services.CreateAsyncScope();
        var hashes = await scope.ServiceProvider.GetRequiredService<PanelIdentityContext>().OneTimeLinks.Select(l => l.TokenHash).ToListAsync(TestContext.Current.CancellationToken);
        Assert.NotEmpty(hashes);
        Assert.All(hashes, hash => Assert.Equal(64, hash.Length));
        Assert.DoesNotContain(token, hashes);
    }

    [Fact]
    public async Task Invitation_OfATenantsUser_OpensTheTenantsPage()
    {
        var tenant = await Panel.Services.GetRequiredService<TenantService>().CreateAsync("Brunner", Caller.Panel, TestContext.Current.CancellationToken);
        var token = await Panel.MakeLinkAsync(OneTimeLinkKind.Invitation, "berta", Roles.Tenant, tenant.Id);
        using var browser = Panel.Open();

        using var made = await browser.SendFormAsync("/setup?token=" + token, s_fields[1], s_fields[2], ("Input.UserName", "somebody-else"));

        Assert.Equal(HttpStatusCode.Redirect, made.StatusCode);
        var page = await browser.TextAsync("/status");
        Assert.Contains("<h1>Brunner</h1>", page, StringComparison.Ordinal);
        Assert.Contains("berta", page, StringComparison.Ordinal);
    }
}
