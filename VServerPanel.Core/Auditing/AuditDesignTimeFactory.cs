using Microsoft.EntityFrameworkCore.Design;

namespace VServerPanel.Core.Auditing;

/// <summary>Lets <c>dotnet ef migrations add --context AuditDbContext</c> work without the panel.</summary>
internal sealed class AuditDesignTimeFactory : IDesignTimeDbContextFactory<AuditDbContext>
{
    public AuditDbContext CreateDbContext(string[] args) => new(AuditDbContext.OptionsFor("Data Source=:memory:"));
}
