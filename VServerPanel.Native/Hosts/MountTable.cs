using System.Text;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Hosts;

/// <summary>One line of <c>/proc/self/mountinfo</c> (proc(5)).</summary>
/// <param name="Root">What of the file system is mounted.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="Options">Options of the mount: rw, nosuid …</param>
/// <param name="FileSystem">ext4, xfs …</param>
/// <param name="Source">The device, or none.</param>
internal sealed record MountEntry(string Root, string MountPoint, IReadOnlyList<string> Options, string FileSystem, string Source)
{
    public bool Has(string option) => Options.Contains(option, StringComparer.Ordinal);

    /// <summary>Reads a line; null where it is none.</summary>
    /// <example>36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue</example>
    public static MountEntry? TryParse(string line)
    {
        var fields = line.Split(' ');
        var separator = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
        return fields.Length < 10 || separator < 0 || separator + 2 >= fields.Length
            ? null
            : new MountEntry(Unescape(fields[3]), Unescape(fields[4]), fields[5].Split(','), fields[separator + 1], Unescape(fields[separator + 2]));
    }

    // blank, tab, newline and backslash are written as \040 \011 \012 \134
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                text.Append((char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }
}

/// <summary>What is mounted, as this process sees it.</summary>
internal static class MountTable
{
    public static IReadOnlyList<MountEntry> Read() => [.. File.ReadLines("/proc/self/mountinfo").Select(MountEntry.TryParse).OfType<MountEntry>()];

    /// <summary>What is mounted exactly there; the last of several; null where nothing is.</summary>
    public static MountEntry? At(string path) => Read().LastOrDefault(m => m.MountPoint == path);

    /// <summary>Where something is mounted at a directory or below it; nowhere where it is none.</summary>
    public static IEnumerable<string> In(string directory)
    {
        if (!Libc.TryStatx(null, directory, out var stat) || (stat.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            return [];
        }

        // mountinfo has the paths without symlinks
        using var fd = Libc.open(directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var real = new FileInfo($"/proc/self/fd/{(int)fd.DangerousGetHandle()}").LinkTarget ?? directory;
        return Read().Select(m => m.MountPoint).Where(p => p == real || p.StartsWith(real + "/", StringComparison.Ordinal));
    }

    /// <summary>The mount that holds a path: the last with the longest fitting mount point.</summary>
    public static MountEntry Holding(string path) => Read()
        .Where(m => path == m.MountPoint || m.MountPoint == "/" || path.StartsWith(m.MountPoint + "/", StringComparison.Ordinal))
        .Select((m, i) => (Mount: m, Index: i))
        .OrderBy(m => m.Mount.MountPoint.Length).ThenBy(m => m.Index)
        .Last().Mount;
}
