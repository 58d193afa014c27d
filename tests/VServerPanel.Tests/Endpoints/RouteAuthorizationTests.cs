using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed class RouteAuthorizationTests(PanelFixture fixture) : IClassFixture<PanelFixture>
{
    private PanelFactory Panel => fixture.Panel;

    /// <summary>All that is open to strangers. What is added here is to be thought over twice.</summary>
    private static readonly string[] s_anonymous = ["/sign-in", "/sign-in/code", "/setup", "/error", "/error/{Code:int}", "/healthz", "/s/{secret}"];

    private static readonly Dictionary<string, string> s_policies = new(StringComparer.Ordinal)
    {
        ["/"] = Policies.Read,
        ["/vservers"] = Policies.Read,
        ["/vservers/{Name}"] = Policies.Read,
        ["/jobs"] = Policies.Read,
        ["/jobs/{Id}"] = Policies.Read,
        ["/host"] = Policies.Read,
        ["/kernel"] = Policies.Read,
        ["/processes"] = Policies.Read,
        ["/disk"] = Policies.Read,
        ["/trash"] = Policies.Read,
        ["/moves"] = Policies.Read,
        ["/packages"] = Policies.Read,
        ["/not-found"] = Policies.Read,
        ["/vservers/{Name}/address"] = Policies.Operate,
        ["/vservers/{Name}/move"] = Policies.Operate,
        ["/moves/empty"] = Policies.Operate,
        ["/moves/hosts"] = Policies.Administer,
        ["/create"] = Policies.Operate,
        ["/unify"] = Policies.Operate,
        ["/packages/upgrade"] = Policies.Operate,
        ["/all"] = Policies.Read,
        ["/hosts"] = Policies.Operate,
        ["/hosts/add"] = Policies.Administer,
        ["/tenants"] = Policies.Operate,
        ["/tenants/{Id:guid}"] = Policies.Operate,
        ["/audit"] = Policies.Audit,
        ["/audit/export"] = Policies.Audit,
        ["/users"] = Policies.Administer,
        ["/status"] = Policies.OwnStatus,
        ["/account/password"] = Policies.Account,
        ["/account/two-step"] = Policies.Account,
        ["/account/leave"] = Policies.Account,
        ["/sign-out"] = Policies.Account,
    };

    private static readonly Dictionary<string, string> s_examples = new(StringComparer.Ordinal)
    {
        ["/vservers/{Name}"] = "/vservers/web1",
        ["/vservers/{Name}/address"] = "/vservers/web1/address",
        ["/vservers/{Name}/move"] = "/vservers/web1/move",
        ["/jobs/{Id}"] = "/jobs/" + new string('a', 32),
        ["/tenants/{Id:guid}"] = "/tenants/" + Guid.Empty,
    };

    [Fact]
    public void EveryEndpoint_IsOpenByThisListOrNamesAPolicy()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in Panel.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var route = "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
            if (IsFrameworkAsset(endpoint))
            {
                continue;
            }

            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                Assert.Contains(route, s_anonymous);
                continue;
            }

            var policies = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).Distinct().ToList();
            if (route.StartsWith("/_blazor", StringComparison.Ordinal) || route.StartsWith("/_framework", StringComparison.Ordinal) || endpoint.Metadata.Any(m => m.GetType().Name == "FallbackMetadata"))
            {
                // The circuit, which only pages of staff have, and what the framework answers to unknown files: the fallback policy is theirs.
                Assert.Empty(policies);
                continue;
            }

            Assert.True(s_policies.TryGetValue(route, out var expected), $"{route} is new: say in this test who may see it.");
            Assert.Equal([expected], policies);
            seen.Add(route);
        }

        Assert.Equal(s_policies.Keys.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(Policies.RolesOf(Policies.Read).Count, Policies.RolesOf(Policies.Read).Except([Roles.Tenant]).Count());
    }

    [Theory]
    [InlineData(Roles.Administrator)]
    [InlineData(Roles.Operator)]
    [InlineData(Roles.Auditor)]
    [InlineData(Roles.Tenant)]
    public async Task EveryPage_AsRole_OpensExactlyWhatTheRoleMay(string role)
    {
        using var browser = await Panel.OpenAsync(role);
        foreach (var (route, policy) in s_policies.Where(p => p.Key is not "/sign-out"))
        {
            using var answer = await browser.GetAsync(s_examples.GetValueOrDefault(route, route));
            if (Policies.RolesOf(policy).Contains(role))
            {
                Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{role} at {route}: {answer.StatusCode}");
            }
            else if (route == "/" && role == Roles.Tenant)
            {
                Assert.Equal("/status", answer.Destination());
            }
            else
            {
                Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{role} at {route}: {answer.StatusCode}");
                Assert.DoesNotContain("web1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task EveryPage_Stranger_IsSentToSignIn()
    {
        using var browser = Panel.Open();
        foreach (var route in s_policies.Keys.Where(r => r is not "/sign-out"))
        {
            using var answer = await browser.GetAsync(s_examples.GetValueOrDefault(route, route));
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.Contains("/sign-in?returnUrl=", answer.Destination(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/_blazor/negotiate?negotiateVersion=1")]
    public async Task Circuit_StrangerOrTenant_GetsNone(string address)
    {
        using var stranger = Panel.Open();
        using var refused = await stranger.PostAsync(address);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        using var tenant = await Panel.OpenAsync(Roles.Tenant);
        using var forbidden = await tenant.PostAsync(address);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    [Fact]
    public async Task UnknownAddress_AnybodySignedIn_Is404WithAWayBack()
    {
        using var browser = await Panel.OpenAsync(Roles.Auditor);
        using var answer = await browser.GetAsync("/there/is/no/such");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is no such page", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static bool IsFrameworkAsset(RouteEndpoint endpoint) =>
        endpoint.Metadata.Any(m => m.GetType().Name.Contains("StaticAsset", StringComparison.Ordinal));
}
