using Microsoft.EntityFrameworkCore.Design;

namespace VServerPanel.Core.Storage;

/// <summary>Lets <c>dotnet ef migrations add --context StateDbContext</c> work without the panel.</summary>
internal sealed class StateDesignTimeFactory : IDesignTimeDbContextFactory<StateDbContext>
{
    public StateDbContext CreateDbContext(string[] args) => new(StateDbContext.OptionsFor("Data Source=:memory:"));
}
