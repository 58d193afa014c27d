using Microsoft.Extensions.Hosting;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>Has the journal read when a vserver starts, stops, appears or vanishes: somebody did it, perhaps in a shell.</summary>
internal sealed class JournalPoker(VServerDirectory directory, JournalImporter journal) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var states = new Dictionary<VServerName, VServerState>();
        await foreach (var change in directory.WatchAsync(stoppingToken))
        {
            var happened = change.Gone.Count > 0;
            foreach (var gone in change.Gone)
            {
                states.Remove(gone.Name);
            }

            foreach (var entry in change.Changed)
            {
                happened |= !states.TryGetValue(entry.Name, out var before) || before != entry.Status.State;
                states[entry.Name] = entry.Status.State;
            }

            if (happened)
            {
                journal.Poke();
            }
        }
    }
}
