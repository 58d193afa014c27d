using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>Finds all that is wrong with a request before the host is asked. The host checks again.</summary>
public static partial class CreateRequestValidator
{
    /// <summary>The smallest memory limit, in bytes: less than this starts no init.</summary>
    public const long LeastMemoryBytes = 16L << 20;

    private const int LongestHostname = 64;
    private const int LongestDescription = 200;
    private const int LongestImagePath = 512;

    // PID_MAX_LIMIT (linux/threads.h)
    private const int MostProcesses = 4 * 1024 * 1024;

    /// <summary>All faults; empty where there is none.</summary>
    /// <param name="request">What was typed.</param>
    /// <param name="existing">The vservers there are.</param>
    /// <param name="host">The host's report; null where it does not answer: what depends on it is not checked.</param>
    public static IReadOnlyList<FieldFault> Validate(CreateRequest request, IReadOnlyList<DirectoryEntry> existing, HostReport? host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(existing);
        List<FieldFault> faults =
        [
            .. Name(request, existing),
            .. Source(request, existing),
            .. Texts(request),
            .. Addresses(request, existing, host),
            .. PrivateNetworkRule.Faults(request, host),
            .. Limits(request, host),
        ];
        return faults;
    }

    private static IEnumerable<FieldFault> Name(CreateRequest request, IReadOnlyList<DirectoryEntry> existing)
    {
        if (!VServerName.TryParse(request.Name.Trim(), out var name))
        {
            yield return new FieldFault(nameof(CreateRequest.Name), VServerName.Rule);
        }
        else if (existing.Any(e => e.Name == name))
        {
            yield return new FieldFault(nameof(CreateRequest.Name), $"There is a vserver {name} already. Choose another name.");
        }
    }

    private static IEnumerable<FieldFault> Source(CreateRequest request, IReadOnlyList<DirectoryEntry> existing)
    {
        const string field = nameof(CreateRequest.Source);
        var source = request.Source.Trim();
        var fault = request.Method switch
        {
            BuildMethod.Skeleton => source.Length > 0 ? "An empty vserver has no source." : null,
            _ when source.Length == 0 => "Choose what the vserver is made from.",
            BuildMethod.Clone => existing.Any(e => e.Name.Value == source) ? null : $"There is no vserver '{source}' to copy.",
            BuildMethod.Debootstrap => SuiteForm().IsMatch(source) ? null : $"'{source}' is not the name of a suite, such as bookworm.",
            _ => IsImagePath(source) ? null : $"'{source}' is not the name of a file in the host's image folder.",
        };
        if (fault is not null)
        {
            yield return new FieldFault(field, fault);
        }

        var mirror = request.Mirror.Trim();

        // other methods have no mirror: what was typed before another was chosen is not asked for, and not passed on
        if (mirror.Length > 0 && request.Method is BuildMethod.Debootstrap && (mirror.Any(char.IsWhiteSpace) || !Uri.TryCreate(mirror, UriKind.Absolute, out var uri) || uri is not { Scheme: "http" or "https", Host.Length: > 0 }))
        {
            yield return new FieldFault(nameof(CreateRequest.Mirror), $"'{mirror}' is not the address of a mirror: write http://… or https://…, or leave it empty for the host's own.");
        }
    }

    private static IEnumerable<FieldFault> Texts(CreateRequest request)
    {
        var hostname = request.Hostname.Trim();
        if (hostname.Length > LongestHostname || (hostname.Length > 0 && !HostnameForm().IsMatch(hostname)))
        {
            yield return new FieldFault(nameof(CreateRequest.Hostname), $"A host name has at most {LongestHostname} letters, digits and hyphens, in parts joined by dots; no part begins or ends with a hyphen.");
        }

        if (request.Description.Length > LongestDescription || request.Description.Any(char.IsControl))
        {
            yield return new FieldFault(nameof(CreateRequest.Description), $"A description is one line of at most {LongestDescription} characters.");
        }
    }

    private static IEnumerable<FieldFault> Addresses(CreateRequest request, IReadOnlyList<DirectoryEntry> existing, HostReport? host)
    {
        const string field = nameof(CreateRequest.Addresses);
        var mine = new HashSet<IPAddress>();
        foreach (var text in request.Addresses.Select(a => a.Trim()))
        {
            if (!AddressRule.TryParse(text, out var address, out var fault))
            {
                yield return new FieldFault(field, fault!);
            }
            else if (!mine.Add(address))
            {
                yield return new FieldFault(field, $"{address} is given twice.");
            }
            else if (host is not null && host.Addresses.Any(a => Is(a, address)))
            {
                yield return new FieldFault(field, $"{address} is the host's own address. Choose one that nobody uses.");
            }
            else if (existing.FirstOrDefault(e => e.Status.NetworkMode == request.NetworkMode && e.Status.Addresses.Any(a => Is(a, address))) is { } owner)
            {
                yield return new FieldFault(field, $"{address} belongs to the vserver {owner.Name}. Choose one that nobody uses.");
            }
        }

        var device = request.Device.Trim();
        if (device.Length > 0 && host is not null && !host.Devices.Contains(device, StringComparer.Ordinal))
        {
            yield return new FieldFault(nameof(CreateRequest.Device), $"The host has no network device '{device}'. It has: {string.Join(", ", host.Devices)}.");
        }
        else if (device.Length > 0 && !DeviceForm().IsMatch(device))
        {
            yield return new FieldFault(nameof(CreateRequest.Device), $"'{device}' is not the name of a network device.");
        }
    }

    private static IEnumerable<FieldFault> Limits(CreateRequest request, HostReport? host)
    {
        if (request.MemoryLimitBytes is { } memory)
        {
            if (memory < LeastMemoryBytes)
            {
                yield return new FieldFault(nameof(CreateRequest.MemoryLimitBytes), $"The memory limit is at least {LeastMemoryBytes >> 20} MiB.");
            }
            else if (host is not null && memory > host.MemoryBytes)
            {
                yield return new FieldFault(nameof(CreateRequest.MemoryLimitBytes), $"The host has {host.MemoryBytes >> 20} MiB of memory: a larger limit limits nothing.");
            }
        }

        if (request.ProcessLimit is < 1 or > MostProcesses)
        {
            yield return new FieldFault(nameof(CreateRequest.ProcessLimit), $"The process limit is a number from 1 to {MostProcesses}.");
        }

        var most = host?.Processors ?? 4096;
        if (request.ProcessorLimit is { } processors && (!(processors >= 0.01) || processors > most))
        {
            yield return new FieldFault(nameof(CreateRequest.ProcessorLimit), string.Create(CultureInfo.InvariantCulture, $"The processor limit is a number from 0.01 to {most}: 0.5 is half a processor."));
        }
    }

    private static bool Is(string text, IPAddress address)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return AddressRule.TryParseAddress(slash < 0 ? text : text[..slash], out var other) && other.Equals(address);
    }

    // A file of the image folder, or of a folder in it; never hidden, never out of it, never an option.
    private static bool IsImagePath(string source) =>
        source.Length <= LongestImagePath && source[0] is not '-' && !source.Any(char.IsControl) && source.Split('/') is { Length: <= 2 } parts && parts.All(p => p.Length > 0 && p[0] is not '.');

    // RFC 1123, 2.1
    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HostnameForm();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex SuiteForm();

    // IFNAMSIZ is 16 with its NUL (linux/if.h)
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}\z", RegexOptions.NonBacktracking)]
    private static partial Regex DeviceForm();
}
