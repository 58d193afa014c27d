using System.Globalization;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Names of users: the host's, and those of each vserver from its own passwd.</summary>
internal sealed class UserNames(HostPaths paths)
{
    private const int LongestName = 64;
    private readonly Dictionary<uint, string> _host = [];
    private readonly Dictionary<VServerName, Dictionary<uint, string>> _guests = [];

    /// <summary>The name of an id as its context sees it; the number where it has none.</summary>
    public string Find(ProcessContext context, uint innerId)
    {
        if (context.VServer is { } name && context.IdCount > 0)
        {
            if (!_guests.TryGetValue(name, out var table))
            {
                _guests[name] = table = ReadGuest(name);
            }

            return table.GetValueOrDefault(innerId) ?? Number(innerId);
        }

        return _host.TryGetValue(innerId, out var known) ? known : _host[innerId] = Mono.Unix.Native.Syscall.getpwuid(innerId)?.pw_name ?? Number(innerId);
    }

    /// <summary>Reads them anew from now on.</summary>
    public void Forget()
    {
        _host.Clear();
        _guests.Clear();
    }

    /// <summary>passwd(5). A guest writes it: its names are made harmless.</summary>
    internal static Dictionary<uint, string> Parse(ReadOnlySpan<char> passwd)
    {
        var table = new Dictionary<uint, string>();
        foreach (var line in passwd.EnumerateLines())
        {
            var first = line.IndexOf(':');
            var fields = first <= 0 ? [] : line[(first + 1)..].ToString().Split(':', 3);
            if (fields.Length == 3 && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var uid))
            {
                var name = ReporterExtensions.Printable(line[..first].ToString());
                table.TryAdd(uid, name.Length > LongestName ? name[..LongestName] : name);
            }
        }

        return table;
    }

    private Dictionary<uint, string> ReadGuest(VServerName name)
    {
        try
        {
            using var root = Libc.open(paths.TreeOf(name), Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            return Parse(GuestRoot.Read(root, "etc/passwd"));
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
