using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace VServerPanel.Core.Storage;

/// <summary>Sets what SQLite forgets with each connection: readers and the writer do not block each other (WAL), and a commit is on disk before it is told.</summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    // FULL: in WAL mode NORMAL may lose the last commits at a power cut (sqlite.org/pragma.html#pragma_synchronous), and an audit entry is promised.
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000; PRAGMA foreign_keys=ON;";

    public static SqlitePragmas Instance { get; } = new();

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
