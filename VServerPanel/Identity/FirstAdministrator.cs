using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using VServerPanel.Hosting;

namespace VServerPanel.Identity;

/// <summary>What the program does with accounts before it serves: the schema, the roles, and the links made on the console.</summary>
internal static class FirstAdministrator
{
    internal const string MakeLinkOption = "--make-first-administrator-link";
    internal const string PasswordLinkOption = "--make-password-link";

    /// <summary>Brings <c>identity.db</c> up to date.</summary>
    internal static async Task PrepareAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<PanelIdentityContext>().Database.MigrateAsync();
        var roles = scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole>>();
        foreach (var role in Roles.All)
        {
            if (!await roles.RoleExistsAsync(role))
            {
                await roles.CreateAsync(new IdentityRole(role));
            }
        }
    }

    /// <summary>Prints a link if nobody could sign in and make accounts.</summary>
    internal static async Task PrintLinkIfNeededAsync(IServiceProvider services, TextWriter output)
    {
        await using var scope = services.CreateAsyncScope();
        if (!await scope.ServiceProvider.GetRequiredService<AccountService>().HasAdministratorAsync())
        {
            await PrintAsync(scope.ServiceProvider, output);
        }
    }

    /// <summary>Does <see cref="MakeLinkOption"/>; returns the exit code.</summary>
    internal static async Task<int> MakeLinkAsync(IServiceProvider services, TextWriter output, TextWriter error)
    {
        await using var scope = services.CreateAsyncScope();
        if (await scope.ServiceProvider.GetRequiredService<AccountService>().HasAdministratorAsync())
        {
            await error.WriteLineAsync($"There is an administrator already, so no link was made. To set a new password for him: VServerPanel {PasswordLinkOption} NAME");
            return 1;
        }

        await PrintAsync(scope.ServiceProvider, output);
        return 0;
    }

    /// <summary>Does <see cref="PasswordLinkOption"/>; returns the exit code.</summary>
    internal static async Task<int> MakePasswordLinkAsync(IServiceProvider services, string userName, TextWriter output, TextWriter error)
    {
        await using var scope = services.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>().FindByNameAsync(userName);
        if (user is null)
        {
            await error.WriteLineAsync($"There is no user '{userName}'.");
            return 1;
        }

        var token = await scope.ServiceProvider.GetRequiredService<OneTimeLinkService>().CreateAsync(OneTimeLinkKind.NewPassword, "console", user.UserName);
        await scope.ServiceProvider.GetRequiredService<AccountAudit>().RecordAsync(AccountAudit.LinkMade, "console", null, $"Made a link for {user.UserName} to set a new password.");
        await output.WriteLineAsync(scope.ServiceProvider.GetRequiredService<PublicAddress>().To($"/setup?token={token}"));
        return 0;
    }

    private static async Task PrintAsync(IServiceProvider services, TextWriter output)
    {
        var token = await services.GetRequiredService<OneTimeLinkService>().CreateAsync(OneTimeLinkKind.FirstAdministrator, "console");
        await output.WriteLineAsync($"Make the first administrator here (works once, within {OneTimeLinkService.Lifetime.TotalHours:0} hours):");
        await output.WriteLineAsync("  " + services.GetRequiredService<PublicAddress>().To($"/setup?token={token}"));
    }
}
