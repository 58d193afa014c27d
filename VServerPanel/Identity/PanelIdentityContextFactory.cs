using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace VServerPanel.Identity;

/// <summary>For <c>dotnet ef migrations add</c>, which needs no database.</summary>
internal sealed class PanelIdentityContextFactory : IDesignTimeDbContextFactory<PanelIdentityContext>
{
    public PanelIdentityContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PanelIdentityContext>().UseSqlite("Data Source=:memory:").Options);
}
