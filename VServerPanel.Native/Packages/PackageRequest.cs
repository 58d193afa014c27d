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

    /// <summary>The operation that this is the retry of, if it is one.</summary>
    public string? RetryOf { get; init; }

    /// <summary>Whether it is a retry of which nothing is left: whether packages were unified again is not on record, so that this is always done once more.</summary>
    public bool IsDone => RetryOf is not null && VServers.Count == 0 && !(Unifies && Earlier.Count > 0);

    /// <summary>Those that an earlier operation has given files of their own, where this is its retry.</summary>
    public IReadOnlyList<ThawedVServer> Thawed { get; init; } = [];

    /// <summary>What earlier operations have changed, where this is their retry.</summary>
    public IReadOnlyList<ChangedPackages> Earlier { get; init; } = [];

    /// <summary>Whether files of packages may be replaced or removed.</summary>
    public bool ChangesPackages => Manager.ChangesPackages(Arguments);

    /// <summary>How many vservers are worked on at the same time.</summary>
    public int Jobs { get; init; } = 2;

    /// <summary>For one vserver.</summary>
    public TimeSpan TimeOut { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The words for people.</summary>
    public string Title => TitleFor(Manager.Program);

    /// <summary>The words for people, with the program that a vserver has.</summary>
    public string TitleFor(string program) => string.Join(' ', [program, .. Arguments.Select(a => a.EndsWith(Manager.Extension, StringComparison.Ordinal) ? Path.GetFileName(a) : a)]);
}
