using Microsoft.Extensions.Options;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;
using VServerPanel.Core.Terminal;

namespace VServerPanel.Core;

/// <summary>Says at start all that is wrong with the options of this layer, each with its key.</summary>
internal sealed class OptionsRules : IValidateOptions<HostOptions>, IValidateOptions<StorageOptions>, IValidateOptions<AuditOptions>, IValidateOptions<TerminalOptions>
{
    public ValidateOptionsResult Validate(string? name, HostOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Name) || options.Name.Any(char.IsControl))
        {
            faults.Add($"{HostOptions.Section}:{nameof(HostOptions.Name)} is the host's name and cannot be empty; leave the key out for the machine's own.");
        }

        faults.AddRange(options.Command.Select((word, i) => (word, i)).Where(c => string.IsNullOrWhiteSpace(c.word))
            .Select(c => $"{HostOptions.Section}:{nameof(HostOptions.Command)}:{c.i} is empty; each entry of the list is one word of the command."));
        return Result(faults);
    }

    public ValidateOptionsResult Validate(string? name, StorageOptions options) => Path.IsPathFullyQualified(options.DataDirectory ?? "")
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"{StorageOptions.Section}:{nameof(StorageOptions.DataDirectory)} is '{options.DataDirectory}'; it must be an absolute path, such as /var/lib/vserverpanel.");

    public ValidateOptionsResult Validate(string? name, AuditOptions options) => options.ImportSeconds is >= 1 and <= 3600
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"{AuditOptions.Section}:{nameof(AuditOptions.ImportSeconds)} is {options.ImportSeconds}; it must be from 1 to 3600.");

    public ValidateOptionsResult Validate(string? name, TerminalOptions options)
    {
        var faults = new List<string>();
        Check(nameof(TerminalOptions.IdleMinutes), options.IdleMinutes, 1, 1440);
        Check(nameof(TerminalOptions.MostOpen), options.MostOpen, 0, 500);
        Check(nameof(TerminalOptions.MostOpenOfOne), options.MostOpenOfOne, 1, 100);
        return Result(faults);

        void Check(string key, int value, int least, int most)
        {
            if (value < least || value > most)
            {
                faults.Add($"{TerminalOptions.Section}:{key} is {value}; it must be from {least} to {most}.");
            }
        }
    }

    private static ValidateOptionsResult Result(List<string> faults) => faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
}
