namespace VServerPanel.Native.Output;

/// <summary>Hands on a program's lines up to a limit: one that prints without end must not fill the disk. Then one line says that the rest was dropped.</summary>
internal sealed class CappedLines(Action<string> onLine)
{
    private const int MostLines = 10_000;
    private const int MostCharacters = 1 << 20;

    private int _lines;
    private int _characters;

    public void Add(string line)
    {
        if (_lines > MostLines)
        {
            return;
        }

        _characters += line.Length;
        _lines = _characters > MostCharacters ? MostLines + 1 : _lines + 1;
        onLine(_lines > MostLines ? "(more than 10,000 lines or 1 MiB: the rest of this output was dropped)" : line);
    }
}
