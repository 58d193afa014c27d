using VServerPanel.Auditing;
using VServerPanel.Components;
using VServerPanel.Hosts;
using VServerPanel.Identity;
using VServerPanel.Security;
using VServerPanel.Tenants;

namespace VServerPanel.Hosting;

/// <summary>The order in which a request is looked at, and the addresses there are.</summary>
internal static class PanelPipeline
{
    internal static void UsePanel(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseHostPath();
        app.UseSecurityHeaders();
        if (!app.Environment.IsDevelopment())
        {
            app.UseExceptionHandler("/error", createScopeForErrors: true);
            app.UseHsts();
        }

        app.UseStatusCodePagesWithReExecute("/error/{0}", createScopeForStatusCodePages: true);
        app.Use(AskForErrorPagesByGet);
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseHostOfPath();
        app.UseAntiforgery();

        app.MapStaticAssets().AllowAnonymous();
        app.MapHealthChecks("/healthz").AllowAnonymous();
        app.MapSignOut();
        app.MapAuditExport();
        app.MapTenantStatus();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(blazor => blazor.ContentSecurityFrameAncestorsPolicy = null);
    }

    /// <summary>A form that was refused would be sent to the error page again, which has no such form.</summary>
    private static Task AskForErrorPagesByGet(HttpContext context, RequestDelegate next)
    {
        if (context.IsErrorPage())
        {
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    }
}
