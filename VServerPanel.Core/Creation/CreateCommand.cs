using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>The command line that makes a vserver: the plan shows it, the run uses it.</summary>
public static class CreateCommand
{
    /// <summary>The words of <c>vserver NAME build …</c>. Pure; expects a request without faults.</summary>
    public static IReadOnlyList<string> Words(CreateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var words = new List<string> { "vserver", request.Name.Trim(), "build" };
        Add("--method", KebabCase(request.Method));
        Add("--source", request.Source.Trim());
        Add("--mirror", request.Method is BuildMethod.Debootstrap ? request.Mirror.Trim() : "");
        Add("--hostname", request.Hostname.Trim() is { Length: > 0 } hostname ? hostname : request.Name.Trim());
        AddEach("--ip", request.Addresses);
        Add("--ondev", request.Device.Trim());
        if (request.NetworkMode is NetworkMode.Private)
        {
            words.AddRange(["--network", "private"]);
            Add("--link", request.Device.Trim().Length > 0 ? KebabCase(request.NetworkLink) : "");
            AddEach("--gateway", request.Gateways);
        }

        AddEach("--dns", request.NameServers);
        Add("--desc", request.Description.Trim());
        Add("--memory", request.MemoryLimitBytes?.ToString(CultureInfo.InvariantCulture));
        Add("--pids", request.ProcessLimit?.ToString(CultureInfo.InvariantCulture));
        Add("--cpus", request.ProcessorLimit?.ToString("0.###", CultureInfo.InvariantCulture));
        if (request.OnBoot)
        {
            words.Add("--onboot");
        }

        Add("--set", request.InitStyle is { } style ? $"INIT_STYLE={KebabCase(style)}" : "");
        return words;

        void AddEach(string option, IReadOnlyList<string> values)
        {
            foreach (var value in values)
            {
                Add(option, value.Trim());
            }
        }

        void Add(string option, string? value)
        {
            if (string.IsNullOrEmpty(value))
            {
                return;
            }

            // a description may begin with a hyphen, and must not be taken for an option of the command
            words.AddRange(value[0] is '-' ? [$"{option}={value}"] : [option, value]);
        }
    }

    /// <summary>The words that start it afterwards.</summary>
    public static IReadOnlyList<string> StartWords(CreateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ["vserver", request.Name.Trim(), "start"];
    }

    private static string KebabCase<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
