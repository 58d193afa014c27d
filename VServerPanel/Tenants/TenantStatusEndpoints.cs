using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using VServerPanel.Components.Status;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Tenants;

/// <summary>The tenant's page: /status for who is signed in, /s/… for who has a secret link. Rendered once, without any script.</summary>
internal static class TenantStatusEndpoints
{
    internal static void MapTenantStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", SignedInAsync).RequireAuthorization(Policies.OwnStatus);
        routes.MapGet("/s/{secret}", BySecretAsync).AllowAnonymous().RequireRateLimiting(RateLimits.SecretLink);
    }

    private static async Task<RazorComponentResult> SignedInAsync(HttpContext context, UserManager<PanelUser> users, TenantService tenants, TenantStatusService statuses)
    {
        Prepare(context);
        var tenant = await tenants.OfUserAsync(users.GetUserId(context.User)!, context.RequestAborted);
        var status = tenant is null ? null : await statuses.GetAsync(tenant.Id, context.RequestAborted);
        return status is null
            ? new RazorComponentResult<NoStatusDocument>(new { Title = "No vservers yet", Message = "Your account does not belong to a tenant yet. Ask your hosting staff.", UserName = context.User.Identity?.Name })
            : new RazorComponentResult<StatusDocument>(new { Status = status, UserName = context.User.Identity?.Name });
    }

    private static async Task<RazorComponentResult> BySecretAsync(HttpContext context, string secret, TenantService tenants, TenantStatusService statuses)
    {
        Prepare(context);
        var tenant = await tenants.RedeemAsync(secret, context.RequestAborted);
        var status = tenant is null ? null : await statuses.GetAsync(tenant.Id, context.RequestAborted);
        if (status is not null)
        {
            return new RazorComponentResult<StatusDocument>(new { Status = status });
        }

        // Unknown, expired and revoked look the same: nobody learns that a link ever was one.
        return new RazorComponentResult<NoStatusDocument>(new
        {
            Title = "This link does not work",
            Message = "It was never made, has expired, or was taken back. Ask your hosting staff for a new one.",
        })
        { StatusCode = StatusCodes.Status404NotFound };
    }

    private static void Prepare(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = SecurityHeaders.StaticPolicy;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";
    }
}
