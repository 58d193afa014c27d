using VServerPanel.Native.Output;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>What <c>dnf check-update</c> and <c>yum check-update</c> write: a package a line, as NAME.ARCHITECTURE, VERSION, REPOSITORY. What is none is passed over.</summary>
/// <remarks>Of a column that is too narrow for what is in it, yum 3 and dnf 4 put the rest on a line of its own, which begins with spaces (output.py, fmtColumns).</remarks>
internal sealed class UpdateList
{
    private const int Columns = 3;
    private const int LongestWord = 256;

    private readonly List<string> _words = [];
    private bool _isOver;

    /// <summary>Takes a line.</summary>
    /// <returns>The package that it completes; null where it completes none.</returns>
    public (string Name, string Architecture, string Version)? Take(string line)
    {
        // what follows is not of packages that are installed under that name; dnf 5 writes it with a small p
        _isOver |= line.StartsWith("Obsoleting Packages", StringComparison.OrdinalIgnoreCase);
        if (_isOver || line.Length > LongestWord * Columns * 2)
        {
            return null;
        }

        if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
        {
            _words.Clear();
        }
        else if (_words.Count == 0)
        {
            return null;
        }

        _words.AddRange(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (_words.Count < Columns)
        {
            return null;
        }

        var package = _words.Count == Columns ? Read(_words[0], _words[1]) : null;
        _words.Clear();
        return package;
    }

    private static (string Name, string Architecture, string Version)? Read(string package, string version)
    {
        var dot = package.LastIndexOf('.');
        return char.IsAsciiLetterOrDigit(package[0]) && dot > 0 && dot < package.Length - 1 && package.Length <= LongestWord && version.Length <= LongestWord && version.Contains('-', StringComparison.Ordinal)
            ? (ReporterExtensions.Printable(package[..dot]), ReporterExtensions.Printable(package[(dot + 1)..]), ReporterExtensions.Printable(version))
            : null;
    }
}
