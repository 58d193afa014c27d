using System.Net;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Identity;

namespace VServerPanel.Tests.Endpoints;

public sealed class AuditExportTests : PanelTest
{
    [Fact]
    public async Task Export_WithFilter_HoldsOnlyWhatMatchesAndIsItselfOnRecord()
    {
        var history = Panel.Services.GetRequiredService<AuditService>();
        await history.RecordEventAsync(new Caller("u", "carla", null), "one-time-link", "=HYPERLINK(evil)", cancellationToken: TestContext.Current.CancellationToken);
        using var browser = await Panel.OpenAsync(Roles.Auditor);

        using var answer = await browser.GetAsync("/audit/export?user=carla");
        var csv = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Matches("^\"?audit-[0-9]{8}-[0-9]{4}\\.csv\"?$", answer.Content.Headers.ContentDisposition?.FileName);
        Assert.Contains("carla", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("auditor", csv, StringComparison.Ordinal);
        Assert.DoesNotContain(",=HYPERLINK", csv, StringComparison.Ordinal);
        var last = await history.QueryAsync(new AuditFilter { Operation = "audit-export" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("auditor", Assert.Single(last.Entries).User);
    }

    [Fact]
    public async Task Page_CsvLink_CarriesTheFilters()
    {
        using var browser = await Panel.OpenAsync(Roles.Auditor);
        var page = await browser.TextAsync("/audit?user=carla&from=2026-11-01&outcome=failed");
        Assert.Contains("\"audit/export?from=2026-11-01&amp;user=carla&amp;outcome=failed", page, StringComparison.Ordinal);
    }
}
