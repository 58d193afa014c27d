using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>A user of a guest, from its own passwd and group files.</summary>
internal sealed record GuestUser(string Name, uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home, string Shell)
{
    /// <summary>What root is where the guest's passwd does not say.</summary>
    public static GuestUser Root { get; } = new("root", 0, 0, [], "/root", "/bin/sh");

    /// <summary>Finds a user by name or number.</summary>
    /// <exception cref="ProblemException">NotFound.</exception>
    public static GuestUser Find(SafeFileHandle root, string wanted)
    {
        var passwd = GuestRoot.Read(root, "etc/passwd");
        var user = ParsePasswd(passwd, wanted);
        if (user is null)
        {
            return uint.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? new GuestUser(wanted, uid, uid, [], "/", "/bin/sh")
                : wanted == "root" ? Root
                : throw new ProblemException(ProblemCode.NotFound, $"There is no user '{wanted}' in the vserver's /etc/passwd.", exitCode: 1);
        }

        return user with { Groups = ParseGroups(GuestRoot.Read(root, "etc/group"), user.Name) };
    }

    /// <summary>passwd(5): <c>root:x:0:0:root:/root:/bin/bash</c>.</summary>
    internal static GuestUser? ParsePasswd(ReadOnlySpan<char> passwd, string wanted)
    {
        foreach (var line in passwd.EnumerateLines())
        {
            var fields = line.ToString().Split(':');
            if (fields.Length >= 7
                && (fields[0] == wanted || fields[2] == wanted)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var gid))
            {
                return new GuestUser(fields[0], uid, gid, [], fields[5] is { Length: > 0 } home ? home : "/", fields[6] is { Length: > 0 } shell ? shell : "/bin/sh");
            }
        }

        return null;
    }

    /// <summary>group(5): <c>adm:x:4:syslog,ann</c>.</summary>
    internal static IReadOnlyList<uint> ParseGroups(ReadOnlySpan<char> group, string user)
    {
        var groups = new List<uint>();
        foreach (var line in group.EnumerateLines())
        {
            var fields = line.ToString().Split(':');
            if (fields.Length >= 4 && fields[3].Split(',').Contains(user, StringComparer.Ordinal) && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var gid))
            {
                groups.Add(gid);
            }
        }

        return groups;
    }
}
