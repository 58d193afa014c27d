using System.Globalization;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfReader
{
    private static readonly (string Word, VServerFlags Flag)[] s_flags =
    [
        ("lock", VServerFlags.Lock), ("sched", VServerFlags.Sched), ("nproc", VServerFlags.Nproc), ("private", VServerFlags.Private),
        ("fakeinit", VServerFlags.FakeInit), ("hideinfo", VServerFlags.HideInfo), ("ulimit", VServerFlags.Ulimit), ("minit", VServerFlags.Minit),
    ];

    // lock: nothing inside can leave; nproc and ulimit: ULIMIT and PIDS_LIMIT count per vserver anyway, for its users are its own
    private static readonly (VServerFlags Flag, string Why)[] s_withoutEffect =
    [
        (VServerFlags.Sched, "sched has no effect: each vserver is a group of the scheduler anyway. CPU_LIMIT sets an upper limit."),
        (VServerFlags.Private, "private has no effect: root of the host can always enter a vserver."),
        (VServerFlags.HideInfo, "hideinfo has no effect: /proc of the vserver hides nothing more by it."),
    ];

    private bool ReadOnBoot()
    {
        var text = _assignments.GetValueOrDefault(ConfKeys.OnBoot)?.Value;
        if (text is null or "" or "no" or "yes")
        {
            return text == "yes";
        }

        Warning(ConfKeys.OnBoot, $"'{text}' is not exactly yes, so the vserver is not started at boot. Write yes or no.");
        return false;
    }

    // the default stands where the key is not set; set to nothing it means nothing, as when the file was sourced
    private VServerFlags ReadFlags()
    {
        if (!_assignments.TryGetValue(ConfKeys.Flags, out var assignment))
        {
            return VServerFlags.Lock | VServerFlags.Nproc;
        }

        var flags = VServerFlags.None;
        foreach (var word in assignment.Value?.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var (known, flag) = Array.Find(s_flags, f => f.Word == word);
            flags |= flag;
            if (known is null)
            {
                Error(ConfKeys.Flags, $"'{word}' is no flag. The flags are {string.Join(' ', s_flags.Select(f => f.Word))}.");
            }
        }

        foreach (var (_, why) in s_withoutEffect.Where(f => flags.HasFlag(f.Flag)))
        {
            Warning(ConfKeys.Flags, why);
        }

        return flags;
    }

    private IReadOnlyList<ResourceLimit> ReadLimits()
    {
        var text = _assignments.TryGetValue(ConfKeys.Ulimit, out var assignment) ? assignment.Value ?? "" : VServerConf.DefaultUlimit;
        if (ResourceLimits.TryParse(text, out var error) is { } limits)
        {
            return limits;
        }

        Error(ConfKeys.Ulimit, error!);
        return [];
    }

    private (IReadOnlyList<string> Given, IReadOnlyList<string> Taken) ReadCapabilities()
    {
        var (given, taken) = (new List<string>(), new List<string>());
        foreach (var word in Text(ConfKeys.Capabilities)?.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var isTaken = word.StartsWith('!');
            if (CapabilityNames.Find(isTaken ? word[1..] : word) is { } name)
            {
                (isTaken ? taken : given).Add(name);
            }
            else
            {
                Error(ConfKeys.Capabilities, $"'{word}' is no capability. Write names such as CAP_NET_RAW, or !CAP_CHOWN to take one away (capabilities(7)).");
            }
        }

        if (given.Intersect(taken, StringComparer.Ordinal).FirstOrDefault() is { } both)
        {
            Error(ConfKeys.Capabilities, $"{both} is both given and taken away. Leave one.");
        }

        return (given, taken);
    }

    private long? ReadMemory()
    {
        if (Text(ConfKeys.MemoryLimit) is not { } text)
        {
            return null;
        }

        if (ByteSize.TryParse(text, out var bytes) && bytes >= MinimumMemory)
        {
            return bytes;
        }

        Error(ConfKeys.MemoryLimit, $"'{text}' is no amount of memory. Write at least 1M, in bytes or with K, M, G or T, such as 512M.");
        return null;
    }

    private double? ReadProcessors()
    {
        if (Text(ConfKeys.CpuLimit) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var processors) && processors is >= 0.01 and <= 4096)
        {
            return processors;
        }

        Error(ConfKeys.CpuLimit, $"'{text}' is no number of processors. Write one from 0.01 on, such as 0.5 or 2.");
        return null;
    }
}
