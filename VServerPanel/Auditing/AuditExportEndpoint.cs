using System.Globalization;
using Microsoft.AspNetCore.Identity;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Auditing;

/// <summary>GET /audit/export: the history as a CSV file, with the filters of the page.</summary>
internal static class AuditExportEndpoint
{
    /// <summary>Relative to the base, as every link of a page.</summary>
    internal const string Path = "audit/export";

    internal static void MapAuditExport(this IEndpointRouteBuilder routes) => routes.MapGet("/" + Path, ExportAsync).RequireAuthorization(Policies.Audit);

    private static async Task ExportAsync(HttpContext context, AuditExport export, AuditService history, UserManager<PanelUser> users, TimeProvider clock)
    {
        var filter = AuditQuery.Read(context.Request.Query);
        var caller = new Caller(users.GetUserId(context.User) ?? "", context.User.Identity?.Name ?? "", ClientAddress.Of(context));
        await history.RecordEventAsync(caller, "audit-export", $"Downloaded the history as CSV{(context.Request.QueryString.HasValue ? ", filtered: " + context.Request.QueryString.Value![1..] : ", all of it")}.", cancellationToken: context.RequestAborted);

        context.Response.ContentType = AuditExport.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"audit-{clock.GetLocalNow():yyyyMMdd-HHmm}.csv\"");
        await export.WriteAsync(context.Response.BodyWriter, filter, cancellationToken: context.RequestAborted);
        await context.Response.BodyWriter.CompleteAsync();
    }
}
