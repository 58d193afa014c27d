using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace VServerPanel.Core;

/// <summary>Adds all services of this layer to a container.</summary>
public static class ServiceRegistration
{
    /// <summary>Adds the services; their options are bound to <paramref name="configuration"/> and checked at start.</summary>
    public static IServiceCollection AddVServerPanelCore(this IServiceCollection services, IConfiguration configuration) => throw new NotSupportedException();
}
