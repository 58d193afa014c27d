using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Processes;

/// <summary>What seldom changes in the life of a process: who owns it, its pid inside, its words.</summary>
/// <param name="Uid">Effective user id, as the host sees it.</param>
/// <param name="InnerPid">In the innermost pid namespace; the host's pid where it has none of its own.</param>
/// <param name="CommandLine">Without control characters; empty where it has none.</param>
internal sealed record ProcessDetails(uint Uid, int InnerPid, string CommandLine)
{
    public const int LongestCommandLine = 4096;

    /// <summary>Reads them; null where it is gone.</summary>
    public static ProcessDetails? Read(int pid, byte[] buffer)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        return ReadBytes(directory + "/status", buffer) is { } length && Parse(Encoding.UTF8.GetString(buffer, 0, length)) is { } ids
            ? new ProcessDetails(ids.Uid, ids.InnerPid, ReadBytes(directory + "/cmdline", buffer) is { } words ? Words(buffer.AsSpan(0, words)) : "")
            : null;
    }

    /// <summary>proc(5), /proc/pid/status: <c>Uid:	0	0	0	0</c> (real, effective, saved, file system) and <c>NSpid:	4711	12</c> (outermost first).</summary>
    internal static (uint Uid, int InnerPid)? Parse(ReadOnlySpan<char> status)
    {
        uint? uid = null;
        var pid = 0;
        foreach (var line in status.EnumerateLines())
        {
            if (line.StartsWith("Uid:\t"))
            {
                var rest = line[5..];
                rest = rest[(rest.IndexOf('\t') + 1)..];
                var end = rest.IndexOf('\t');
                uid = uint.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            }
            else if (line.StartsWith("NSpid:"))
            {
                _ = int.TryParse(line[(line.LastIndexOf('\t') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out pid);
            }
        }

        return uid is { } found ? (found, pid) : null;
    }

    /// <summary>proc(5), /proc/pid/cmdline: words that end with a zero byte. A process may have written anything in their place.</summary>
    internal static string Words(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes.TrimEnd((byte)0)).Replace('\0', ' ');
        text = ReporterExtensions.Printable(text.Length > LongestCommandLine ? text[..(LongestCommandLine - 1)] + "…" : text);

        // what is invisible or turns the direction of writing makes one command look like another
        return text.Any(IsDeceptive) ? string.Concat(text.Select(c => IsDeceptive(c) ? '\ufffd' : c)) : text;
    }

    private static bool IsDeceptive(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static int? ReadBytes(string path, byte[] buffer)
    {
        try
        {
            using SafeFileHandle file = Libc.open(path, Libc.O_RDONLY);
            return RandomAccess.Read(file, buffer, 0);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
