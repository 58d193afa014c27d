using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>One command for the package managers of several vservers.</summary>
internal sealed record PackageRequest
{
    public required PackageManager Manager { get; init; }

    /// <summary>In the order they are begun.</summary>
    public required IReadOnlyList<VServerName> VServers { get; init; }

    /// <summary>For the package manager; files of the host by their absolute paths.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Whether the packages that changed are unified again afterwards.</summary>
    public bool Unifies { get; init; }

    /// <summary>How many vservers are worked on at the same time.</summary>
    public int Jobs { get; init; } = 2;

    /// <summary>For one vserver.</summary>
    public TimeSpan TimeOut { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The words for people.</summary>
    public string Title => string.Join(' ', [Manager.Program, .. Arguments.Select(a => a.EndsWith(Manager.Extension, StringComparison.Ordinal) ? Path.GetFileName(a) : a)]);
}
