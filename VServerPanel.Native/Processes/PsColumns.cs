using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>Puts a column CONTEXT behind the PID of what <c>ps</c> prints, as the classic <c>vps</c> did.</summary>
/// <param name="contextOf">The context of a pid; null where it is not known any more.</param>
/// <param name="widestName">Of the names of contexts.</param>
internal sealed class PsColumns(Func<int, ProcessContext?> contextOf, int widestName)
{
    private const string Header = "PID";
    private const int NarrowestName = 13;
    private readonly int _width = Math.Max(widestName, NarrowestName);
    private int? _end;
    private bool _hasHeader;

    /// <summary>A line of ps with the column; the first one must be its heading. Without a column PID lines stay as they are.</summary>
    public string Add(string line)
    {
        if (!_hasHeader)
        {
            _hasHeader = true;
            _end = EndOfHeader(line);
            return _end is { } at ? line.Insert(at, " CONTEXT".PadRight(_width + 7)) : line;
        }

        if (_end is not { } end || line.Length < end)
        {
            return line;
        }

        // numbers stand flush with the end of their heading; one that is too wide pushes what follows to the right
        while (end < line.Length && line[end] != ' ')
        {
            end++;
        }

        var start = line.LastIndexOf(' ', end - 1) + 1;
        return int.TryParse(line.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? line.Insert(end, Column(contextOf(pid)))
            : line;
    }

    private string Column(ProcessContext? context)
    {
        var number = context is null ? "?" : context.Number?.ToString(CultureInfo.InvariantCulture) ?? "?";
        return $" {number,5} {NameOf(context).PadRight(_width)}";
    }

    /// <summary>MAIN, ALL_PROCS, or the vserver; nothing for a context that only has a number.</summary>
    internal static string NameOf(ProcessContext? context) => context switch
    {
        { Number: 0 } => "MAIN",
        { Number: 1 } => "ALL_PROCS",
        { VServer: VServerName name } => name.Value,
        _ => "",
    };

    // as a word of its own: PPID and SPID are others
    private static int? EndOfHeader(string line)
    {
        for (var at = line.IndexOf(Header, StringComparison.Ordinal); at >= 0; at = line.IndexOf(Header, at + 1, StringComparison.Ordinal))
        {
            var end = at + Header.Length;
            if ((at == 0 || line[at - 1] == ' ') && (end == line.Length || line[end] == ' '))
            {
                return end;
            }
        }

        return null;
    }
}
