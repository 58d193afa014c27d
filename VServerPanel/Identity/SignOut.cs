using Microsoft.AspNetCore.Antiforgery;
using VServerPanel.Security;

namespace VServerPanel.Identity;

/// <summary>POST /sign-out, from a form: it changes something, so no link does it.</summary>
internal static class SignOut
{
    internal static void MapSignOut(this IEndpointRouteBuilder routes) => routes.MapPost("/sign-out", async (HttpContext context, IAntiforgery antiforgery, AccountService accounts) =>
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }

        await accounts.SignOutAsync(context.User.Identity?.Name ?? "", ClientAddress.Of(context));
        return Results.Redirect("/sign-in");
    }).RequireAuthorization(Policies.Account);
}
