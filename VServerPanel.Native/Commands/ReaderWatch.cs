using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Commands;

/// <summary>Notices that nobody reads a stream any more, so that following commands end with their reader.</summary>
/// <remarks>A panel cannot signal a process of root's, and behind sudo a closed output shows only at the next line. So a reader that gives a pipe or
/// socket as standard input keeps it open as long as it reads, and its end is the sign. A terminal or /dev/null says nothing.</remarks>
internal sealed class ReaderWatch : IDisposable
{
    private readonly CancellationTokenSource _source;

    private ReaderWatch(CancellationTokenSource source) => _source = source;

    /// <summary>Cancelled when the reader is gone, or with the token that the watch was started with.</summary>
    public CancellationToken Token => _source.Token;

    public static ReaderWatch Start(CancellationToken cancel)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var type = Libc.statx(null, "/proc/self/fd/0", 0).Mode & Libc.S_IFMT;
        if (type is Libc.S_IFIFO or Libc.S_IFSOCK)
        {
            new Thread(() => WaitForEnd(source)) { IsBackground = true, Name = "reader" }.Start();
        }

        return new ReaderWatch(source);
    }

    public void Dispose() => _source.Dispose();

    private static void WaitForEnd(CancellationTokenSource source)
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[64];
        try
        {
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // a socket that was reset has ended, too
        }

        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // the command ended first
        }
    }
}
