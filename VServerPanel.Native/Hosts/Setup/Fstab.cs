namespace VServerPanel.Native.Hosts.Setup;

/// <summary>A line of fstab(5).</summary>
internal sealed record FstabLine(string Source, string MountPoint, string FileSystem, IReadOnlyList<string> Options);

/// <summary>The mounts that are made at boot. Lines are added, never changed.</summary>
internal static class Fstab
{
    public const string FilePath = "/etc/fstab";

    /// <summary>The line for a mount point, if there is one.</summary>
    public static FstabLine? Find(string mountPoint) => Parse(SystemFile.Read(FilePath) ?? "").LastOrDefault(l => l.MountPoint == mountPoint);

    /// <summary>Reads the lines of a file.</summary>
    public static IEnumerable<FstabLine> Parse(string text) => text.Split('\n')
        .Select(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(f => f.Length >= 4 && !f[0].StartsWith('#'))
        .Select(f => new FstabLine(f[0], f[1], f[2], f[3].Split(',')));

    /// <summary>Adds a line with a comment above it; the file as it was is kept as <c>.bak</c>.</summary>
    public static void Append(string line, string comment)
    {
        var text = SystemFile.Read(FilePath) ?? "";
        var newline = text.Length == 0 || text.EndsWith('\n') ? "" : "\n";
        SystemFile.Write(FilePath, $"{text}{newline}# {comment}\n{line}\n", 0b110_100_100);
    }

    /// <summary>Takes a line of ours out again, with the comment above it.</summary>
    public static void Remove(string mountPoint, string comment)
    {
        var lines = (SystemFile.Read(FilePath) ?? "").Split('\n').ToList();
        var at = lines.FindIndex(l => l == "# " + comment);
        if (at >= 0 && at + 1 < lines.Count && Parse(lines[at + 1]).Any(l => l.MountPoint == mountPoint))
        {
            lines.RemoveRange(at, 2);
            SystemFile.Write(FilePath, string.Join('\n', lines), 0b110_100_100);
        }
    }
}
