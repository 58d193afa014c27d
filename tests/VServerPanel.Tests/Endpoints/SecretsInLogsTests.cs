using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed class SecretsInLogsTests
{
    [Fact]
    public async Task Log_AfterLinksAndPasswordsWereUsed_HasNoneOfThem()
    {
        using var log = new Collector();
        await using var panel = new PanelFactory(new HostOfVServers(), log);
        var tenants = panel.Services.GetRequiredService<TenantService>();
        var tenant = await tenants.CreateAsync("Brunner", Caller.Panel, TestContext.Current.CancellationToken);
        var link = await tenants.CreateLinkAsync(tenant.Id, "wall", TimeSpan.FromDays(1), Caller.Panel, TestContext.Current.CancellationToken);
        var setup = await panel.MakeLinkAsync(OneTimeLinkKind.FirstAdministrator);
        const string Password = "secret horse battery";

        using var browser = panel.Open();
        await browser.TextAsync($"/s/{link.Token}");
        await browser.TextAsync($"/s/{link.Token}x");
        using var made = await browser.SendFormAsync("/setup?token=" + setup, ("Input.UserName", "boss"), ("Input.Password", Password), ("Input.Again", Password));
        using var again = await browser.PostAsync("/setup?token=" + setup, ("_handler", "setup"), ("Input.Password", Password));
        using var wrong = await browser.SignInAsync("boss", Password + "!");

        Assert.NotEmpty(log.Lines);
        Assert.All(log.Lines, line =>
        {
            Assert.DoesNotContain(link.Token, line, StringComparison.Ordinal);
            Assert.DoesNotContain(setup, line, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, line, StringComparison.Ordinal);
        });
        var history = await panel.Services.GetRequiredService<AuditService>().QueryAsync(new AuditFilter(), size: 500, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(history.Entries, e => Assert.DoesNotContain(link.Token, $"{e.Detail} {e.Command}", StringComparison.Ordinal));
    }

    private sealed class Collector : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // nothing to let go
        }
    }
}
