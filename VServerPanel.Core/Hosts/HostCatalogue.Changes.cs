using Microsoft.EntityFrameworkCore;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>What can be changed of a host that is there: what lists call it, and whether it is asked anything.</summary>
public sealed partial class HostCatalogue
{
    private const int LongestLabel = 63;

    // one that is switched on and off at once by two, or removed meanwhile, must not be there twice, or again
    private readonly SemaphoreSlim _switching = new(1);

    /// <summary>Shows a host under another name in lists. Addresses of its pages, the audit history and the hosts themselves keep the one that it was added with.</summary>
    /// <exception cref="HostProblemException">The label cannot be, or is taken by another host.</exception>
    public async Task RelabelAsync(string name, string label, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var clean = label?.Trim() ?? "";
        if (clean.Length is 0 or > LongestLabel || clean.Any(char.IsControl))
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"What a host is shown as is one line of 1 to {LongestLabel} characters.");
        }

        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var host = await FindRecordAsync(database, name, cancellationToken);
        if (_fleet.All.FirstOrDefault(h => h.Name != host.Name && (Same(h.Name, clean) || Same(h.Label, clean))) is { } taken)
        {
            throw new HostProblemException(ProblemCode.AlreadyExists, $"{taken.Name} is called {(Same(taken.Name, clean) ? taken.Name : taken.Label)}. Give this one another label.");
        }

        if (clean == (host.Label ?? host.Name))
        {
            return;
        }

        await _audit.RecordEventAsync(caller, "host-rename", $"The host {host.Name} is shown as {clean} from now on, before as {host.Label ?? host.Name}.", cancellationToken: cancellationToken);
        var kept = clean == host.Name ? null : clean;
        await database.Hosts.Where(h => h.Name == host.Name).ExecuteUpdateAsync(row => row.SetProperty(h => h.Label, kept), CancellationToken.None);
        _fleet.Relabel(host.Name, clean);
    }

    /// <summary>Asks nothing of a host any more, and keeps no connection to it, until it is switched on again. What runs there goes on.</summary>
    /// <exception cref="HostProblemException">There is no such host.</exception>
    public async Task SwitchAsync(string name, bool isOff, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        await _switching.WaitAsync(cancellationToken);
        try
        {
            await using var database = await _databases.CreateDbContextAsync(cancellationToken);
            var host = await FindRecordAsync(database, name, cancellationToken);
            if (host.IsOff == isOff)
            {
                return;
            }

            await _audit.RecordEventAsync(caller, isOff ? "host-off" : "host-on", isOff
                ? $"Switched the host {host.Name} off in this panel: nothing is asked of it."
                : $"Switched the host {host.Name} on in this panel.", cancellationToken: cancellationToken);
            await database.Hosts.Where(h => h.Name == host.Name).ExecuteUpdateAsync(row => row.SetProperty(h => h.IsOff, isOff), CancellationToken.None);
            await _fleet.RemoveAsync(host.Name, $"The host {host.Name} was switched {(isOff ? "off" : "on")} in this panel. Load the page again.", CancellationToken.None);
            await _fleet.AddAsync(host.Read(), host.Label, isOff, CancellationToken.None);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _switching.Dispose();

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
