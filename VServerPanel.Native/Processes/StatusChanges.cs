using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Keeps what was told last, and finds what is worth telling again.</summary>
internal sealed class StatusChanges
{
    // what nobody sees on a page is no change: it would only keep lines flowing
    private const double LeastSeconds = 0.1;
    private const long LeastBytes = 1 << 20;

    private readonly Dictionary<VServerName, VServerStatus> _told = [];

    /// <summary>Whether it must be told; if so it counts as told.</summary>
    public bool Take(VServerStatus status)
    {
        if (_told.TryGetValue(status.Name, out var before) && !IsChange(before, status))
        {
            return false;
        }

        _told[status.Name] = status;
        return true;
    }

    /// <summary>Those that were told and are there no more; they count as never told.</summary>
    public IReadOnlyList<VServerGone> Missing(IReadOnlyList<VServerName> names)
    {
        if (_told.Count == 0 || (_told.Count == names.Count && names.All(_told.ContainsKey)))
        {
            return [];
        }

        var there = names.ToHashSet();
        var gone = _told.Values.Where(s => !there.Contains(s.Name)).Select(s => new VServerGone(s.Id, s.Name)).ToList();
        gone.ForEach(g => _told.Remove(g.Name));
        return gone;
    }

    internal static bool IsChange(VServerStatus before, VServerStatus now)
    {
        if (Math.Abs(now.UserSeconds - before.UserSeconds) >= LeastSeconds
            || Math.Abs(now.SystemSeconds - before.SystemSeconds) >= LeastSeconds
            || Math.Abs(now.ResidentBytes - before.ResidentBytes) >= LeastBytes)
        {
            return true;
        }

        // lists compare by reference in records; they are the same objects until the conf file changes
        return before != now with
        {
            UserSeconds = before.UserSeconds,
            SystemSeconds = before.SystemSeconds,
            ResidentBytes = before.ResidentBytes,
            VirtualBytes = now.Processes == before.Processes ? before.VirtualBytes : now.VirtualBytes,
            Addresses = now.Addresses.SequenceEqual(before.Addresses, StringComparer.Ordinal) ? before.Addresses : now.Addresses,
        };
    }
}
