using Microsoft.Data.Sqlite;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Opens a database as someone with the file and the sqlite3 program would.</summary>
internal static class RawSqlite
{
    public static void Execute(TestCore core, string file, string sql)
    {
        using var connection = Open(core, file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 120;
        command.ExecuteNonQuery();
    }

    public static T Scalar<T>(TestCore core, string file, string sql)
    {
        using var connection = Open(core, file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    private static SqliteConnection Open(TestCore core, string file)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(core.DataDirectory, file)}");
        connection.Open();
        return connection;
    }
}
