using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>How far a run of a package manager is in one vserver.</summary>
/// <param name="VServer">Where.</param>
/// <param name="Outcome">How it ended; null until then.</param>
/// <param name="Output">Lines that it has written, the last ones.</param>
public sealed record PackageRunRow(VServerName VServer, PackageOutcome? Outcome, IReadOnlyList<string> Output)
{
    /// <summary>Whether it is at work.</summary>
    public bool IsRunning => Outcome is null && Output.Count > 0;
}

/// <summary>A package manager run over many vservers, put together from what its job says.</summary>
public sealed class PackageRun
{
    private const int MostLines = 400;

    private readonly Dictionary<VServerName, PackageOutcome> _outcomes = [];
    private readonly Dictionary<VServerName, List<string>> _output = [];
    private readonly List<VServerName> _names = [];
    private readonly HashSet<VServerName> _known = [];

    /// <summary>A row per vserver, in the order of the command.</summary>
    public IEnumerable<PackageRunRow> Rows => _names.Select(n => new PackageRunRow(n, _outcomes.GetValueOrDefault(n), _output.GetValueOrDefault(n) ?? []));

    /// <summary>Those that ended, and not well.</summary>
    public IReadOnlyList<VServerName> Failed => [.. _names.Where(n => _outcomes.TryGetValue(n, out var outcome) && outcome.Outcome is not OperationOutcome.Succeeded)];

    /// <summary>Those in which it has not succeeded, also because it never came to them; none as long as nothing has ended, for then its host knows of nothing to try again.</summary>
    public IReadOnlyList<VServerName> Unfinished => _outcomes.Count == 0 ? [] : [.. _names.Where(n => _outcomes.GetValueOrDefault(n) is not { Outcome: OperationOutcome.Succeeded })];

    /// <summary>The run that a job is; null where it is another kind of job.</summary>
    public static PackageRun? Of(JobInfo job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (TargetsOf(job.Command) is not { } targets)
        {
            return null;
        }

        var run = new PackageRun();
        foreach (var name in targets.VServers)
        {
            run.Know(name);
        }

        return run;
    }

    /// <summary>Takes a line of the job.</summary>
    public void Take(WireEvent wireEvent)
    {
        switch (wireEvent)
        {
            case ItemEvent { Kind: ItemKinds.PackageOutcome } item:
                var outcome = Hosts.HostCommandExtensions.Read<PackageOutcome>(item.Data);
                Know(outcome.VServer);
                _outcomes[outcome.VServer] = outcome;
                break;

            // one log for all: each line begins with whose it is
            case LogEvent { Text: var text } when text.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon && VServerName.TryParse(text[..colon], out var name) && _known.Contains(name):
                var lines = _output.TryGetValue(name, out var known) ? known : _output[name] = [];
                lines.Add(text[(colon + 2)..]);
                lines.RemoveRange(0, Math.Max(0, lines.Count - MostLines));
                break;
        }
    }

    /// <summary>Reads <c>vapt [OPTION…] V… -- ARGS</c>, with the options that every tool takes anywhere; null where it is another command.</summary>
    internal static Targets? TargetsOf(IReadOnlyList<string> words)
    {
        string? tool = null;
        var names = new List<VServerName>();
        var options = new List<string>();
        var i = 0;
        for (; i < words.Count && words[i] is not "--"; i++)
        {
            switch (words[i])
            {
                case "--as" or "--job" or "--actor-user" or "--actor-address":
                    tool = words[i] is "--as" && i + 1 < words.Count ? words[i + 1] : tool;
                    i++;
                    break;
                case "--json" or "--silent" or "--nodev" or "--detach" or "--plan" or "--job-worker":
                    break;
                case "--jobs" or "--timeout" or "--retry" when i + 1 < words.Count:
                    options.AddRange([words[i], words[++i]]);
                    break;
                case ['-', ..] option:
                    options.Add(option);
                    break;
                case var word when i == 0:
                    tool = Path.GetFileName(word);
                    break;
                case var word when VServerName.TryParse(word, out var name):
                    names.Add(name);
                    break;
            }
        }

        return tool is "vapt" or "vrpm" or "vdnf" ? new Targets(tool, options, names, [.. words.Skip(i + 1)]) : null;
    }

    private void Know(VServerName name)
    {
        if (_known.Add(name))
        {
            _names.Add(name);
        }
    }

    internal sealed record Targets(string Tool, IReadOnlyList<string> Options, IReadOnlyList<VServerName> VServers, IReadOnlyList<string> Arguments);
}
