using System.Runtime.InteropServices;
using System.Text;

namespace VServerPanel.Native.ChildProcesses;

/// <summary>Cuts bytes into lines, and an endless line where it becomes too long: who writes without end must not take our memory.</summary>
/// <param name="onLine">Told each.</param>
internal sealed class LineSplitter(Action<string> onLine)
{
    private readonly List<byte> _rest = [];
    private bool _isBehindReturn;

    /// <summary>Bytes at which a line is cut.</summary>
    public int Longest { get; init; } = 1 << 16;

    /// <summary>Whether a carriage return ends a line, too, as where a program tells its progress; else one before the newline is left out.</summary>
    public bool EndsAtReturns { get; init; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            var (isNewline, isReturn) = (b == (byte)'\n', EndsAtReturns && b == (byte)'\r');
            if ((isNewline && !_isBehindReturn) || isReturn || (_rest.Count >= Longest && !isNewline))
            {
                Flush();
            }

            if (!isNewline && !isReturn)
            {
                _rest.Add(b);
            }

            _isBehindReturn = isReturn;
        }
    }

    public void Finish()
    {
        if (_rest.Count > 0)
        {
            Flush();
        }
    }

    private void Flush()
    {
        onLine(Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_rest)).TrimEnd('\r'));
        _rest.Clear();
    }
}
