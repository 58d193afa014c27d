using Microsoft.Extensions.Options;

namespace VServerPanel.Hosting;

/// <summary>Looks at all settings before anything is done, so that all faults are told at once, each with its key.</summary>
internal static class SettingsCheck
{
    internal static IReadOnlyList<string> Faults(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException e)
        {
            return [.. e.Failures];
        }
        catch (AggregateException e)
        {
            return [.. e.Flatten().InnerExceptions.SelectMany(inner => inner is OptionsValidationException options ? options.Failures : [inner.Message])];
        }
    }
}
