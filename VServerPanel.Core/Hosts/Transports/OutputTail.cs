using System.Text;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Keeps the end of what a program writes to standard error.</summary>
internal sealed class OutputTail
{
    private const int Kept = 4096;
    private readonly StringBuilder _text = new();

    /// <summary>The last few thousand characters.</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString().Trim();
            }
        }
    }

    /// <summary>Reads to the end; a program that writes much is never held up.</summary>
    public async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[1024];
        try
        {
            int count;
            while ((count = await reader.ReadAsync(buffer)) > 0)
            {
                lock (_text)
                {
                    _text.Append(buffer, 0, count);
                    _text.Remove(0, Math.Max(0, _text.Length - Kept));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // closed when the command was hung up on
        }
    }
}
