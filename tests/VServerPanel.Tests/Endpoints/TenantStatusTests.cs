using System.Net;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Core;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Endpoints;

public sealed class TenantStatusTests : PanelTest
{
    private static readonly Caller s_staff = new("u1", "olga", null);

    [Fact]
    public async Task SecretLink_ShowsTheTenantsVServersAndNobodyElses()
    {
        var (brunner, meier) = await TwoTenantsAsync();
        var link = await LinkAsync(brunner);
        using var browser = Panel.Open();

        var page = await browser.TextAsync($"/s/{link.Token}");

        Assert.Contains("<h1>Brunner</h1>", page, StringComparison.Ordinal);
        Assert.Contains("web1", page, StringComparison.Ordinal);
        Assert.Contains("192.0.2.10", page, StringComparison.Ordinal);
        Assert.DoesNotContain("mail1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Meier", page, StringComparison.Ordinal);
        Assert.DoesNotContain("olga", page, StringComparison.Ordinal);
        Assert.DoesNotContain(meier.ToString(), page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_HasNoScriptAndNoCircuit()
    {
        var (brunner, _) = await TwoTenantsAsync();
        using var browser = Panel.Open();
        using var answer = await browser.GetAsync($"/s/{(await LinkAsync(brunner)).Token}");
        var page = await answer.Content.ReadAsStringAsync();

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("blazor", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" style=", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<meta http-equiv=\"refresh\" content=\"30\"", page, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task SecretLink_RevokedExpiredOrGuessed_AreTheSame404()
    {
        var (brunner, _) = await TwoTenantsAsync();
        var tenants = Panel.Services.GetRequiredService<TenantService>();
        var revoked = await LinkAsync(brunner);
        using var browser = Panel.Open();
        using var works = await browser.GetAsync($"/s/{revoked.Token}");
        Assert.Equal(HttpStatusCode.OK, works.StatusCode);
        await tenants.RevokeLinkAsync(revoked.Link.Id, s_staff);
        var expired = await tenants.CreateLinkAsync(brunner, "short", TimeSpan.FromMilliseconds(1), s_staff);
        await Task.Delay(20, TestContext.Current.CancellationToken);

        var pages = new List<string>();
        foreach (var secret in new[] { revoked.Token, expired.Token, new string('A', 43), "x", revoked.Token[..42] })
        {
            using var answer = await browser.GetAsync($"/s/{secret}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            pages.Add(await answer.Content.ReadAsStringAsync());
        }

        Assert.Single(pages.Distinct());
    }

    [Fact]
    public async Task SignedInTenant_SeesOwnPageAndNothingByGuessing()
    {
        var (brunner, meier) = await TwoTenantsAsync();
        var user = await Panel.MakeUserAsync("berta", Roles.Tenant);
        await Panel.Services.GetRequiredService<TenantService>().AddUserAsync(brunner, user.Id, "berta", s_staff);
        using var browser = await Panel.OpenAsync(Roles.Tenant, "berta");

        var page = await browser.TextAsync("/status");
        Assert.Contains("web1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("mail1", page, StringComparison.Ordinal);

        foreach (var guess in new[] { $"/status?tenant={meier}", $"/status?tenantId={meier}", $"/status/{meier}", $"/tenants/{meier}", $"/tenants/{brunner}", "/vservers/mail1", "/vservers/web1", "/audit/export?vserver=mail1", $"/s/{meier}" })
        {
            using var answer = await browser.GetAsync(guess);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("mail1.example.net", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Meier", text, StringComparison.Ordinal);
            if (!guess.StartsWith("/status?", StringComparison.Ordinal))
            {
                Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"{guess}: {answer.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task SignedInTenant_OfNoTenant_IsToldWhatToDo()
    {
        using var browser = await Panel.OpenAsync(Roles.Tenant);
        Assert.Contains("does not belong to a tenant yet", await browser.TextAsync("/status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecretLink_Guessing_IsHeldOff()
    {
        using var browser = Panel.Open();
        var last = HttpStatusCode.OK;
        for (var i = 0; i < 70 && last != HttpStatusCode.TooManyRequests; i++)
        {
            using var answer = await browser.GetAsync($"/s/guess{i}");
            last = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    private async Task<(Guid Brunner, Guid Meier)> TwoTenantsAsync()
    {
        var directory = Panel.Services.GetRequiredService<VServerDirectory>();
        await Eventually.TrueAsync(() => directory.Snapshot.Entries.Count == 2, "the directory knows both vservers");
        var tenants = Panel.Services.GetRequiredService<TenantService>();
        var brunner = await tenants.CreateAsync("Brunner", s_staff);
        var meier = await tenants.CreateAsync("Meier", s_staff);
        await tenants.AssignAsync(brunner.Id, VServer("web1", VServerState.Running).Id, s_staff);
        await tenants.AssignAsync(meier.Id, VServer("mail1", VServerState.Stopped).Id, s_staff);
        return (brunner.Id, meier.Id);
    }

    private Task<NewSecretLink> LinkAsync(Guid tenantId) =>
        Panel.Services.GetRequiredService<TenantService>().CreateLinkAsync(tenantId, "wall", TimeSpan.FromDays(1), s_staff);
}
