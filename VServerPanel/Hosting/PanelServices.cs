using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MudBlazor;
using MudBlazor.Services;
using VServerPanel.Components.Parts;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Terminal;
using VServerPanel.Hosts;
using VServerPanel.Identity;
using VServerPanel.Security;
using VServerPanel.Terminal;

namespace VServerPanel.Hosting;

/// <summary>Everything the panel is made of.</summary>
internal static class PanelServices
{
    internal static void AddPanel(this WebApplicationBuilder builder)
    {
        builder.Host.UseSystemd();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var dataDirectory = PanelDirectory.Prepare(builder.Configuration);
        var services = builder.Services;

        services.AddSingleton(TimeProvider.System);
        services.AddVServerPanelCore(builder.Configuration);
        services.AddRazorComponents().AddInteractiveServerComponents()
            .RegisterPersistentService<ClientAddress>(RenderMode.InteractiveServer);
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            mud.SnackbarConfiguration.VisibleStateDuration = 6000;
            mud.SnackbarConfiguration.PreventDuplicates = true;
        });
        services.AddHealthChecks();
        services.AddRateLimiter(RateLimits.Configure);
        services.AddDataProtection().SetApplicationName("VServerPanel").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(dataDirectory, "keys")));
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "vsp-form";
            antiforgery.Cookie.Path = "/";
            antiforgery.Cookie.HttpOnly = true;
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });

        // X-Forwarded-For is believed only where the panel is said to be behind a proxy on this host: else anybody could write addresses into the history.
        services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders =
            builder.Configuration.GetValue<bool>("Panel:BehindProxy") ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None);

        services.AddAccounts(dataDirectory);
        services.AddScoped<ClientAddress>();
        services.AddScoped<CircuitHandler, HostOfCircuit>();
        services.AddScoped<LifecycleActions>();
        services.AddSingleton<NameSelections>();
        services.AddSingleton<PublicAddress>();
    }

    /// <summary>Sign-in, users, and what asks who may do what.</summary>
    internal static void AddAccounts(this IServiceCollection services, string dataDirectory)
    {
        services.AddDbContext<PanelIdentityContext>(o => o.UseSqlite($"Data Source={Path.Combine(dataDirectory, "identity.db")}"));
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitSessionCheck>();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies(cookies => cookies.ApplicationCookie!.Configure(cookie =>
        {
            cookie.Cookie.Name = "vsp-session";
            cookie.Cookie.Path = "/";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = TimeSpan.FromHours(12);
            cookie.SlidingExpiration = true;
            cookie.LoginPath = "/sign-in";
            cookie.LogoutPath = "/sign-out";
            cookie.ReturnUrlParameter = "returnUrl";
            cookie.Events.OnValidatePrincipal = SessionCheck.ValidateAsync;
            cookie.Events.OnRedirectToLogin = ToSignIn(cookie.Events.OnRedirectToLogin);
            cookie.Events.OnRedirectToAccessDenied = context =>
            {
                if (context.Request.Path == "/" && context.HttpContext.User.IsInRole(Roles.Tenant))
                {
                    context.Response.Redirect("/status");
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status403Forbidden;
                }

                return Task.CompletedTask;
            };
        }));
        services.AddIdentityCore<PanelUser>(identity =>
        {
            identity.Password.RequiredLength = 12;
            identity.Password.RequiredUniqueChars = 5;
            identity.Password.RequireDigit = false;
            identity.Password.RequireLowercase = false;
            identity.Password.RequireUppercase = false;
            identity.Password.RequireNonAlphanumeric = false;
            identity.Lockout.AllowedForNewUsers = true;
            identity.Lockout.MaxFailedAccessAttempts = 5;
            identity.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15);
        })
            .AddRoles<IdentityRole>()
            .AddEntityFrameworkStores<PanelIdentityContext>()
            .AddSignInManager()
            .AddDefaultTokenProviders();
        services.AddAuthorization(Policies.Register);
        services.AddScoped<SessionCheck>();
        services.AddScoped<OneTimeLinkService>();
        services.AddSingleton(p => new RefusalPace(TimeSpan.FromMilliseconds(800), p.GetRequiredService<TimeProvider>()));
        services.AddScoped<AccountService>();
        services.AddScoped<TwoStepService>();
        services.AddScoped<Gate>();
        services.AddScoped<UserAdministration>();
        services.AddSingleton(p => new AccountAudit(p.GetRequiredService<Fleet>().Own.Get<AuditService>()));
        services.AddSingleton<ITerminalGuard, TerminalGuard>();
    }

    /// <summary>There is one, at the root; where he came from may be a page below the base of a host.</summary>
    private static Func<RedirectContext<CookieAuthenticationOptions>, Task> ToSignIn(Func<RedirectContext<CookieAuthenticationOptions>, Task> redirect) => context =>
    {
        if (context.Request.PathBase.HasValue)
        {
            context.RedirectUri = context.RedirectUri.Replace(context.Request.PathBase.ToUriComponent() + context.Options.LoginPath, context.Options.LoginPath, StringComparison.Ordinal);
        }

        return redirect(context);
    };
}
