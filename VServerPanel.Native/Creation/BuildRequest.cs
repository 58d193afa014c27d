using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>What a new vserver is to be, as it was asked for; nothing is checked yet.</summary>
internal sealed record BuildRequest
{
    public required VServerName Name { get; init; }

    public BuildMethod Method { get; init; }

    /// <summary>A suite, a tarball, a layout directory, a vserver or '/', by method.</summary>
    public string? Source { get; init; }

    public string? Suite { get; init; }

    public string? Mirror { get; init; }

    public string? Variant { get; init; }

    /// <summary>Packages to install beside those of the variant.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Whether a clone shares the files that may be shared with its source.</summary>
    public bool IsUnified { get; init; }

    /// <summary>Whether it is the host's default only, which a method that has no source of files to share leaves aside.</summary>
    public bool IsUnifiedByDefault { get; init; }

    public string Description { get; init; } = "";

    /// <summary>Null: derived from the name.</summary>
    public string? Hostname { get; init; }

    /// <summary>Keys and values of the conf file, in the order they win: later ones over earlier ones.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    public bool Start { get; init; }
}
