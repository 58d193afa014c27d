using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Terminal;
using VServerPanel.Security;

namespace VServerPanel.Identity;

/// <summary>POST /sign-out, from a form: it changes something, so no link does it.</summary>
internal static class SignOut
{
    internal static void MapSignOut(this IEndpointRouteBuilder routes) => routes.MapPost("/sign-out", async (HttpContext context, IAntiforgery antiforgery, AccountService accounts, Fleet fleet) =>
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }

        if (context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } userId)
        {
            foreach (var host in fleet.All)
            {
                host.Get<TerminalSessions>().EndAllOf(userId, "You signed out.");
            }
        }

        await accounts.SignOutAsync(context.User.Identity?.Name ?? "", ClientAddress.Of(context));
        return Results.Redirect("/sign-in");
    }).RequireAuthorization(Policies.Account);
}
