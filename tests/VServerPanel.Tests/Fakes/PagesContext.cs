using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MudBlazor;
using MudBlazor.Services;
using VServerPanel.Components.Parts;
using VServerPanel.Core;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Hosting;
using VServerPanel.Identity;
using VServerPanel.Security;

namespace VServerPanel.Tests.Fakes;

/// <summary>Pages over the real services, with real databases and real accounts; only the host is not real.</summary>
public abstract class PagesContext : BunitContext, IAsyncLifetime
{
    private readonly string _data = TemporaryDirectory.Create("vsp-pages-");
    private readonly List<IHostedService> _started = [];

    internal HostOfVServers Host { get; private protected set; } = new();

    /// <summary>Other hosts, where a test adds them.</summary>
    internal FakeTransport Transport { get; } = new();

    /// <summary>Whoever asks who is signed in waits for this.</summary>
    internal void HoldSignIn(Task until) => ((SignedIn)Services.GetRequiredService<AuthenticationStateProvider>()).Hold = until;

    /// <summary>Signs a user in and starts what runs in the background.</summary>
    internal async Task StartAsync(string role, HostOfVServers? host = null)
    {
        Host = host ?? Host;
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices(o => o.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddLogging();
        Services.AddDataProtection();
        Services.AddSingleton<IHostCommand>(Host.Command);
        Services.AddSingleton<IHostTransport>(Transport);
        Services.AddVServerPanelCore(new ConfigurationManager { ["Storage:DataDirectory"] = _data });
        Services.AddAccounts(_data);
        Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
        Services.AddSingleton<IConfiguration>(new ConfigurationManager());
        Services.AddScoped<LifecycleActions>();
        Services.AddSingleton<NameSelections>();
        Services.AddScoped<ClientAddress>();
        Services.AddSingleton<PublicAddress>();
        var authentication = new SignedIn();
        Services.AddSingleton<AuthenticationStateProvider>(authentication);

        // bUnit has put a placeholder there that the real one does not replace by itself
        Services.AddSingleton<IAuthorizationService, DefaultAuthorizationService>();

        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        await FirstAdministrator.PrepareAsync(Services);
        foreach (var service in Services.GetServices<IHostedService>())
        {
            if (service is IHostedLifecycleService lifecycle)
            {
                await lifecycle.StartingAsync(CancellationToken.None);
            }

            await service.StartAsync(CancellationToken.None);
            _started.Add(service);
        }

        authentication.User = await MakeUserAsync("anna", role);
        await Eventually.TrueAsync(() => Services.GetRequiredService<VServerDirectory>().Snapshot.Connection.State == DirectoryConnection.Live, "the directory is live");
        Render<MudPopoverProvider>();
        Dialogs = Render<MudDialogProvider>();
    }

    internal IRenderedComponent<MudDialogProvider> Dialogs { get; private set; } = null!;

    /// <summary>Answers the dialog that is open with the one of its buttons that is called like this.</summary>
    internal Task AnswerAsync(string text) => Dialogs.ClickOnAsync(".mud-dialog button", text);

    /// <summary>What was asked of the host, as command lines.</summary>
    internal IEnumerable<string> Commands => Host.Command.Commands;

    /// <summary>Adds another host, as an administrator does, and waits until it answers.</summary>
    internal async Task AddHostAsync(HostOfVServers other, string address = "192.0.2.7")
    {
        Transport.Hosts[address] = other.Command;
        var catalogue = Services.GetRequiredService<HostCatalogue>();
        await catalogue.AddAsync(await catalogue.FindAsync(other.Command.HostName, address, 22), new VServerPanel.Core.Caller("u1", "alice", null));
        var fleet = Services.GetRequiredService<Fleet>();
        await Eventually.TrueAsync(() => fleet.Find(other.Command.HostName)?.Directory.Snapshot.Connection.State is DirectoryConnection.Live, "the other host answers");
    }

    /// <summary>Gives the signed-in user another role, as an administrator elsewhere would, without his page knowing.</summary>
    internal async Task SetRoleAsync(string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = (await users.FindByNameAsync("anna"))!;
        await users.RemoveFromRolesAsync(user, await users.GetRolesAsync(user));
        await users.AddToRoleAsync(user, role);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    ValueTask IAsyncDisposable.DisposeAsync() => EndAsync();

    private async ValueTask EndAsync()
    {
        foreach (var service in Enumerable.Reverse(_started))
        {
            await service.StopAsync(CancellationToken.None);
        }

        await DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await TemporaryDirectory.DeleteAsync(_data);
    }

    internal async Task<ClaimsPrincipal> MakeUserAsync(string name, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = new PanelUser { UserName = name };
        Assert.True((await users.CreateAsync(user, "correct horse battery")).Succeeded);
        Assert.True((await users.AddToRoleAsync(user, role)).Succeeded);
        return await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<PanelUser>>().CreateAsync(user);
    }

    private sealed class SignedIn : AuthenticationStateProvider
    {
        public ClaimsPrincipal User { get; set; } = new();

        public Task Hold { get; set; } = Task.CompletedTask;

        public override async Task<AuthenticationState> GetAuthenticationStateAsync()
        {
            await Hold;
            return new AuthenticationState(User);
        }
    }
}
