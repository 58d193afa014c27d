using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Renaming;

/// <summary>Finds vservers by names they once had, also where they were renamed in a shell or while the panel was away: the history knows the id.</summary>
internal sealed class FormerNames(IDbContextFactory<AuditDbContext> databases, VServerDirectory directory)
{
    /// <summary>What the vserver that last had this name is called now. The name itself where one has it, or nobody knows better.</summary>
    /// <remarks>Ask only while the host answers: before, nobody has any name.</remarks>
    public async Task<VServerName> NowAsync(VServerName name, CancellationToken cancellationToken = default)
    {
        if (directory.Find(name) is not null)
        {
            return name;
        }

        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var id = await database.Entries.AsNoTracking()
            .Where(e => e.Host == directory.Snapshot.Host && e.VServer == name.Value && e.VServerId != null)
            .NewestFirst()
            .Select(e => e.VServerId)
            .FirstOrDefaultAsync(cancellationToken);
        return id is { } found && directory.Find(found) is { } entry ? entry.Name : name;
    }
}
