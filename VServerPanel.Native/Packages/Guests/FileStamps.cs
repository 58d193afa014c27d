using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages.Guests;

/// <summary>Files of a guest by path, inode, size and time of change: equal stamps, equal files. Nothing is read of them, and nothing is followed out of the root.</summary>
internal sealed class FileStamps(SafeFileHandle root)
{
    // of directories that a guest fills as it likes
    private const int MostEntries = 5000;

    // of packages that were fetched, in dnf's and in yum's cache
    private const string Fetched = "packages";

    private readonly StringBuilder _text = new();
    private int _entries;

    /// <summary>When one of them was changed last.</summary>
    public DateTimeOffset ChangedAt { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there were no more than are looked at; where there were, equal stamps say nothing.</summary>
    public bool IsWhole => _entries <= MostEntries;

    /// <summary>All of it in one word.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_text.ToString())));

    /// <summary>A file, if it is there and not empty.</summary>
    public void Add(string path)
    {
        if (Stat(path) is { Size: > 0 } stat)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{path} {stat.Inode} {stat.Size} {stat.Change.Seconds}.{stat.Change.Nanoseconds}\n");
            var change = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(stat.Change.Seconds, 0, uint.MaxValue));
            ChangedAt = change > ChangedAt ? change : ChangedAt;
            Count++;
        }
    }

    /// <summary>The files of a directory, and so many levels below it, whose names are so.</summary>
    public void AddBelow(string directory, int levels, Func<string, bool> isWanted)
    {
        using var opened = GuestRoot.TryOpenDirectory(root, directory);
        IEnumerable<DirectoryEntry> entries = opened is null || !IsWhole ? [] : DirectoryReader.Read(opened, MostEntries);
        foreach (var entry in entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (++_entries > MostEntries)
            {
                return;
            }

            if (entry.IsDirectory && levels > 0 && entry.Name != Fetched)
            {
                AddBelow($"{directory}/{entry.Name}", levels - 1, isWanted);
            }
            else if (!entry.IsDirectory && isWanted(entry.Name))
            {
                Add($"{directory}/{entry.Name}");
            }
        }
    }

    private Libc.Statx? Stat(string path)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_PATH);
            return Libc.fstatx(file);
        }
        catch (ErrnoException)
        {
            return null;
        }
    }
}
