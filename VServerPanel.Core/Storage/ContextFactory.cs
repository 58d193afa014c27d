using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Core.Storage;

/// <summary>Opens one short-lived context per call.</summary>
internal sealed class ContextFactory<T>(Func<T> open) : IDbContextFactory<T>
    where T : DbContext
{
    public T CreateDbContext() => open();
}
