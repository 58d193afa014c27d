using System.Text;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Reads lines, none of them longer than fits: what another machine sends must not fill the memory.</summary>
/// <param name="reader">What it sends.</param>
/// <param name="mostInAll">Characters of all lines together.</param>
internal sealed class BoundedLines(TextReader reader, long mostInAll = long.MaxValue)
{
    /// <summary>Characters of an answer that has an end. The packages of some hundred vservers, the longest there is, have a tenth of it.</summary>
    internal const long MostOfAnAnswer = 64 << 20;

    /// <summary>Characters; the largest true lines, lists of skipped files, have some hundred thousand.</summary>
    internal const int Longest = 4 << 20;

    private readonly char[] _buffer = new char[8192];
    private readonly StringBuilder _line = new();
    private int _at;
    private int _end;
    private long _all;

    /// <summary>The next line without its end; null at the end of all.</summary>
    /// <exception cref="InvalidDataException">It is longer than <see cref="Longest"/>, or all are longer than fits.</exception>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = Array.IndexOf(_buffer, '\n', _at, _end - _at);
            _line.Append(_buffer, _at, (end < 0 ? _end : end) - _at);
            _at = end < 0 ? _end : end + 1;
            if (_line.Length > Longest)
            {
                throw new InvalidDataException("too long");
            }

            if (end >= 0)
            {
                return Take();
            }

            (_at, _end) = (0, await reader.ReadAsync(_buffer.AsMemory(), cancellationToken));
            _all += _end;
            if (_all > mostInAll)
            {
                throw new InvalidDataException($"more than {mostInAll:N0} characters");
            }

            if (_end == 0)
            {
                return _line.Length > 0 ? Take() : null;
            }
        }
    }

    private string Take()
    {
        var text = _line.ToString().TrimEnd('\r');
        _line.Clear();
        return text;
    }
}
