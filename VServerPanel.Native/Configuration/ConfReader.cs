using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>Reads the keys of one conf file and collects everything that is wrong with it.</summary>
internal sealed partial class ConfReader(ConfFile file, string? profile)
{
    private const int MaximumFindings = 200;
    private const long MinimumMemory = 1 << 20;

    private readonly IReadOnlyDictionary<string, Assignment> _assignments = file.Assignments(profile);
    private readonly List<ConfFinding> _findings = [];

    public (VServerConf Conf, IReadOnlyList<ConfFinding> Findings) Read()
    {
        ReportKeys();
        var (addresses, hasAll) = ReadAddresses();
        var (given, taken) = ReadCapabilities();
        var flags = ReadFlags();
        var conf = new VServerConf
        {
            Description = file.Description,
            Profile = file.Profiles.Count == 0 ? null : ReadProfile(),
            Addresses = addresses,
            HasAllAddresses = hasAll,
            Device = ReadDevice(),
            PrefixLength = ReadMask(),
            Broadcast = ReadBroadcast(),
            NetworkMode = ReadWord(ConfKeys.NetworkMode, ("shared", NetworkMode.Shared), ("private", NetworkMode.Private)) ?? NetworkMode.Shared,
            Link = ReadWord(ConfKeys.NetworkLink, ("bridge", LinkKind.Bridge), ("macvlan", LinkKind.Macvlan)) ?? LinkKind.Bridge,
            Gateways = ReadAddressList(ConfKeys.Gateway, "router"),
            NameServers = ReadAddressList(ConfKeys.Dns, "name server"),
            OnBoot = ReadOnBoot(),
            Priority = ReadNumber(ConfKeys.Priority, 0, 999) ?? 100,
            Hostname = ReadHostname(),
            DomainName = ReadDomainName(),
            Nice = ReadNumber(ConfKeys.Nice, -20, 19),
            Flags = flags,
            Limits = ReadLimits(),
            GivenCapabilities = given,
            TakenCapabilities = taken,
            Context = ReadNumber(ConfKeys.Context, 2, 65535),
            InitStyle = ReadWord(ConfKeys.InitStyle, ("sysv", InitStyle.Sysv), ("init", InitStyle.Init), ("systemd", InitStyle.Systemd)) ?? ((flags & (VServerFlags.Minit | VServerFlags.FakeInit)) != VServerFlags.None ? InitStyle.Init : null),
            MemoryLimit = ReadMemory(),
            PidsLimit = ReadNumber(ConfKeys.PidsLimit, 1, 4_194_304) ?? VServerConf.DefaultPidsLimit,
            CpuLimit = ReadProcessors(),
            StartTimeout = TimeSpan.FromSeconds(ReadNumber(ConfKeys.StartTimeout, 1, 86_400) ?? 60),
            StopTimeout = TimeSpan.FromSeconds(ReadNumber(ConfKeys.StopTimeout, 1, 86_400) ?? 30),
            Nest = ReadWord(ConfKeys.Nest, ("yes", true), ("no", false)) ?? false,
            Shares = ReadShares(),
        };

        CheckCount(conf);
        CheckNameServers(conf);
        CheckSharedNetwork(conf);
        CheckPrivateNetwork(conf);

        // errors first where there are too many to tell: each of them keeps the file from being used
        var findings = file.Findings.Concat(_findings).OrderBy(f => f.Line).ToList();
        return (conf, findings.Count <= MaximumFindings ? findings : [.. findings.OrderByDescending(f => f.IsError).Take(MaximumFindings)]);
    }

    /// <summary>The key's value without blanks around it; null where it is not set or empty.</summary>
    private string? Text(string key) => _assignments.GetValueOrDefault(key)?.Value?.Trim() is { Length: > 0 } value ? value : null;

    private string? ReadProfile() => _assignments.GetValueOrDefault(ConfKeys.Profile)?.Value ?? profile ?? (file.Profiles.Contains(ConfFile.DefaultProfile, StringComparer.Ordinal) ? ConfFile.DefaultProfile : file.Profiles[0]);

    private int? ReadNumber(string key, int minimum, int maximum)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Error(key, $"'{text}' is no value of {key}. Write a whole number from {minimum} to {maximum}.");
        return null;
    }

    private T? ReadWord<T>(string key, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var known = new List<string>();
        foreach (var (word, value) in words)
        {
            if (word == text)
            {
                return value;
            }

            known.Add(word);
        }

        Error(key, $"'{text}' is no value of {key}. Write {string.Join(" or ", known)}.");
        return null;
    }

    private void ReportKeys()
    {
        foreach (var (key, assignment) in _assignments)
        {
            var isOurs = ConfKeys.Find(key) is not null;
            if (isOurs && assignment.Value is null)
            {
                Error(key, $"{key} cannot be used: a shell would have to compute its value. Write the value itself.");
            }
            else if (assignment.Value?.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) == true)
            {
                Error(key, $"{key} has control characters. Take them out.");
            }
            else if (!isOurs && key != ConfKeys.Profile)
            {
                var similar = ConfKeys.All.FirstOrDefault(k => IsAlmost(k.Name, key));
                Warning(key, $"{key} is no key of a vserver and is not used.{(similar is null ? "" : $" Did you mean {similar.Name}?")}");
            }
        }

        foreach (var group in file.Effective(profile).GroupBy(a => a.Key, StringComparer.Ordinal).Where(g => g.Key != ConfKeys.Profile && g.Count() > 1))
        {
            Warning(group.Key, $"{group.Key} is set on the lines {string.Join(", ", group.Take(8).Select(a => a.Line))}; the last wins. Leave one.");
        }
    }

    private void Error(string key, string message) => Add(key, message, isError: true);

    private void Warning(string key, string message) => Add(key, message, isError: false);

    private void Add(string key, string message, bool isError) => _findings.Add(new ConfFinding(_assignments.GetValueOrDefault(key)?.Line ?? 0, key, message, isError));

    // one letter missing, one too many, one other, or only the case differs
    private static bool IsAlmost(string known, string written)
    {
        if (string.Equals(known, written, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var prefix = known.AsSpan().CommonPrefixLength(written);
        var (rest, other) = (known[prefix..], written[prefix..]);
        return (rest.Length == other.Length && rest[1..] == other[1..])
            || (rest.Length == other.Length + 1 && rest[1..] == other)
            || (other.Length == rest.Length + 1 && other[1..] == rest);
    }
}
