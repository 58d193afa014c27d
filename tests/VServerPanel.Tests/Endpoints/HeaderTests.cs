using System.Net;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed class HeaderTests(PanelFixture fixture) : IClassFixture<PanelFixture>
{
    private PanelFactory Panel => fixture.Panel;

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/vservers")]
    [InlineData("/no/such/page")]
    [InlineData("/css/tokens.css")]
    public async Task Answers_TellTheBrowserWhatNotToDo(string address)
    {
        using var browser = await Panel.OpenAsync(Roles.Operator);
        using var answer = await browser.GetAsync(address);

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Pages_HaveNoInlineScript()
    {
        using var browser = await Panel.OpenAsync(Roles.Administrator);
        foreach (var address in new[] { "/", "/vservers", "/audit", "/users", "/account/password", "/sign-in" })
        {
            var page = await browser.TextAsync(address);
            Assert.DoesNotMatch("<script(?![^>]*\\bsrc=)", page);
            Assert.DoesNotMatch("\\son[a-z]+=\"", page);
        }
    }

    [Fact]
    public async Task Theme_Cookie_IsInTheFirstAnswer()
    {
        using var client = Panel.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Add("Cookie", "vsp-theme=dark");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("data-theme=\"dark\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        using var forged = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        forged.Headers.Add("Cookie", "vsp-theme=\"><script>");
        using var clean = await client.SendAsync(forged, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("data-theme", await clean.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_Stranger_IsAnswered()
    {
        using var browser = Panel.Open();
        using var answer = await browser.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
