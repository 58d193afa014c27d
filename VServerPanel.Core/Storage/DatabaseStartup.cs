using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;

namespace VServerPanel.Core.Storage;

/// <summary>Makes the databases, or brings them to the present form, before anything else starts.</summary>
internal sealed class DatabaseStartup(IOptions<StorageOptions> options, IDbContextFactory<AuditDbContext> audit, IDbContextFactory<StateDbContext> state, IHostCommand own) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(options.Value.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"The directory '{options.Value.DataDirectory}' cannot be made: {e.Message} Run vserver-setup as root, which makes it for the panel, or set {StorageOptions.Section}:{nameof(StorageOptions.DataDirectory)} to another.", e);
        }

        await MigrateAsync(audit, cancellationToken);
        await MigrateAsync(state, cancellationToken);
        await NameOwnScheduleAsync(cancellationToken);
    }

    // before there were other hosts, the schedule was of no host
    private async Task NameOwnScheduleAsync(CancellationToken cancellationToken)
    {
        await using var database = await state.CreateDbContextAsync(cancellationToken);
        await database.Database.ExecuteSqlAsync($"UPDATE unification_schedule SET Host = {own.HostName} WHERE Host = ''", cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task MigrateAsync<T>(IDbContextFactory<T> databases, CancellationToken cancellationToken)
        where T : DbContext
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);

        // Migrate takes a lock that a killed process leaves behind (EF Core, "Migrations locking" for SQLite): not without need
        if ((await database.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            await database.Database.MigrateAsync(cancellationToken);
        }
    }
}
