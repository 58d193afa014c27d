using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;

namespace VServerPanel.Tests.Fakes;

/// <summary>The whole panel, as it is run, over a host that is not real.</summary>
internal sealed class PanelFactory(HostOfVServers host, ILoggerProvider? log = null) : WebApplicationFactory<Program>
{
    internal const string Password = "correct horse battery";

    /// <summary>Shorter than in real life, and longer than anything a sign-in does.</summary>
    internal static readonly TimeSpan RefusalTakes = TimeSpan.FromMilliseconds(250);

    /// <summary>Other hosts, where a test adds them.</summary>
    internal FakeTransport Transport { get; } = new();

    private readonly string _data = TemporaryDirectory.Create("vsp-panel-");

    /// <summary>A browser that is not signed in and follows no redirections.</summary>
    internal PanelBrowser Open() => new(CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = true }));

    /// <summary>A browser of a new user.</summary>
    internal async Task<PanelBrowser> OpenAsync(string role, string userName = "")
    {
        userName = userName.Length > 0 ? userName : role.ToLowerInvariant();
        await MakeUserAsync(userName, role);
        var browser = Open();
        using var answer = await browser.SignInAsync(userName, Password);
        Assert.Equal(System.Net.HttpStatusCode.Redirect, answer.StatusCode);
        return browser;
    }

    internal async Task<PanelUser> MakeUserAsync(string userName, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        if (await users.FindByNameAsync(userName) is { } known)
        {
            return known;
        }

        var user = new PanelUser { UserName = userName };
        Assert.True((await users.CreateAsync(user, Password)).Succeeded);
        Assert.True((await users.AddToRoleAsync(user, role)).Succeeded);
        return user;
    }

    /// <summary>Adds another host, as an administrator does.</summary>
    internal async Task AddHostAsync(HostOfVServers other, string address = "192.0.2.7")
    {
        Transport.Hosts[address] = other.Command;
        var catalogue = Services.GetRequiredService<HostCatalogue>();
        await catalogue.AddAsync(await catalogue.FindAsync(other.Command.HostName, address, 22), new VServerPanel.Core.Caller("u1", "alice", null));
    }

    internal async Task<string> MakeLinkAsync(OneTimeLinkKind kind, string? userName = null, string? role = null, Guid? tenantId = null)
    {
        await using var scope = Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<OneTimeLinkService>().CreateAsync(kind, "console", userName, role, tenantId);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder) => Quieten(builder)
        .UseSetting("Storage:DataDirectory", _data)
        .UseSetting("Panel:PublicUrl", "http://panel.test")
        .UseEnvironment("Production")
        .ConfigureTestServices(services =>
        {
            services.AddSingleton<IHostCommand>(host.Command);
            services.AddSingleton<IHostTransport>(Transport);
            if (log is not null)
            {
                services.AddSingleton(log);
            }

            services.AddSingleton(new RefusalPace(RefusalTakes, TimeProvider.System));
            services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
        });

    /// <summary>Without a log to look at, only errors are worth a line; with one, the levels are those of appsettings.json.</summary>
    private IWebHostBuilder Quieten(IWebHostBuilder builder) => log is not null
        ? builder
        : builder.UseSetting("Logging:LogLevel:Default", "Error").UseSetting("Logging:LogLevel:Microsoft", "Error").UseSetting("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Error");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await TemporaryDirectory.DeleteAsync(_data);
    }
}
