using System.Text;
using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What a vserver wrote to its console, as conmon keeps it: <c>2026-11-23T14:36:58.052880791+00:00 stdout F hello</c> (Kubernetes' CRI log format).</summary>
internal static class ConsoleLog
{
    /// <summary>Its last lines with their times.</summary>
    public static IReadOnlyList<(DateTimeOffset Time, string Text)> ReadLast(HostPaths paths, VServerName name, int count)
    {
        try
        {
            using var file = new FileStream(Isolation.ConsoleFiles.PathOf(paths, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.UTF8);

            // conmon keeps it at a few MiB. Lines end at LF only: a guest's lone CR would let it write lines of the log itself.
            return Parse(reader.ReadToEnd().Split('\n'), count);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Joins what conmon cut (P, partial) up to the line's end (F, full).</summary>
    internal static IReadOnlyList<(DateTimeOffset Time, string Text)> Parse(IEnumerable<string> lines, int count)
    {
        var last = new Queue<(DateTimeOffset, string)>();
        var partial = new StringBuilder();
        foreach (var line in lines)
        {
            var fields = line.Split(' ', 4);
            if (fields.Length < 4 || !DateTimeOffset.TryParse(fields[0], System.Globalization.CultureInfo.InvariantCulture, out var time))
            {
                continue;
            }

            partial.Append(fields[3]);
            if (fields[2] == "P" && partial.Length < 1 << 16)
            {
                continue;
            }

            last.Enqueue((time, WithoutColours(partial.ToString().TrimEnd('\r'))));
            partial.Clear();
            if (last.Count > count)
            {
                last.Dequeue();
            }
        }

        return [.. last];
    }

    /// <summary>Control sequences out (ECMA-48, CSI: ESC [, parameters, a letter): systemd paints its messages.</summary>
    internal static string WithoutColours(string text)
    {
        const string Introducer = "\u001b[";
        if (!text.Contains(Introducer, StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        for (int at; (at = rest.IndexOf(Introducer)) >= 0;)
        {
            plain.Append(rest[..at]);
            rest = rest[(at + Introducer.Length)..];
            var final = rest.IndexOfAnyInRange('@', '~');
            rest = final < 0 ? default : rest[(final + 1)..];
        }

        return plain.Append(rest).ToString();
    }
}
