namespace VServerPanel.Core.Hosts;

/// <summary>Whose services a request or circuit is given: the panel's own host, unless another one is named before the first is asked for.</summary>
public sealed class CurrentHost(Fleet fleet)
{
    private HostServices? _services;

    /// <summary>The host.</summary>
    public HostServices Services => _services ??= fleet.Own;

    /// <summary>Names the host.</summary>
    /// <exception cref="InvalidOperationException">Services of another one were given away already.</exception>
    public void Use(HostServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_services is not null && _services != services)
        {
            throw new InvalidOperationException($"The services of {_services.Name} were given away before it was known that {services.Name} is meant.");
        }

        _services = services;
    }
}
