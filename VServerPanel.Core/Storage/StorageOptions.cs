namespace VServerPanel.Core.Storage;

/// <summary>Section <c>Storage</c>: where the panel keeps what it must not lose.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>Absolute; made at start if it is not there.</summary>
    public string DataDirectory { get; set; } = "/var/lib/vserverpanel";

    /// <summary>Connection string of a database in the data directory.</summary>
    public string ConnectionString(string fileName) => $"Data Source={Path.Combine(DataDirectory, fileName)};Default Timeout=30";
}
