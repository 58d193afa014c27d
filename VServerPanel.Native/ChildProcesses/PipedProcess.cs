using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.ChildProcesses;

/// <summary>Runs a program with our streams as its own, by way of pipes that we copy: none of our descriptors and no way to our terminal gets into it.</summary>
/// <remarks>The isolation runtime gives the standard streams to the guest's root (fchown(2)), and who holds a terminal can read its keys.</remarks>
internal static class PipedProcess
{
    // what may still be in a pipe when its writer has ended (fs.pipe-max-size, pipe(7))
    private const int MostInPipe = 1 << 20;

    /// <param name="path">Absolute.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <returns>Its exit code; 128 plus the signal that ended it.</returns>
    public static int Run(string path, IReadOnlyList<string> arguments)
    {
        var (inputRead, inputWrite) = Libc.Pipe();
        var (outputRead, outputWrite) = Libc.Pipe();
        var (errorRead, errorWrite) = Libc.Pipe();
        SpawnedProcess child;
        using (inputRead)
        using (outputWrite)
        using (errorWrite)
        {
            child = SpawnedProcess.Start(path, arguments, [], ownSession: true, inputRead, outputWrite, errorWrite);
        }

        using var handle = Libc.OpenProcess(child.Id);
        using var terminate = Forward(PosixSignal.SIGTERM, handle);
        using var hangup = Forward(PosixSignal.SIGHUP, handle);
        using var interrupt = Forward(PosixSignal.SIGINT, handle);
        Feed(inputWrite);
        var error = new Thread(() => CopyOutput(errorRead, handle, 2)) { Name = "errors" };
        error.Start();
        CopyOutput(outputRead, handle, 1);
        error.Join();
        return child.Wait(Timeout.InfiniteTimeSpan);
    }

    // in a session of its own it gets none of our terminal's
    private static PosixSignalRegistration Forward(PosixSignal signal, SafeFileHandle? process) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (process is not null)
        {
            Libc.Signal(process, signal switch { PosixSignal.SIGTERM => Libc.SIGTERM, PosixSignal.SIGHUP => Libc.SIGHUP, _ => Libc.SIGINT });
        }
    });

    private static void Feed(SafeFileHandle input)
    {
        // Our output is not a terminal, our input is: its keys are meant for the program that reads our output (vserver NAME exec … | less).
        if (Libc.isatty(0) == 1)
        {
            input.Dispose();
            return;
        }

        new Thread(() => CopyInput(input)) { IsBackground = true, Name = "input" }.Start();
    }

    private static void CopyInput(SafeFileHandle to)
    {
        using (to)
        {
            var buffer = new byte[1 << 15];
            for (int count; (count = Read(0, buffer)) > 0 && TryWrite((int)to.DangerousGetHandle(), buffer.AsSpan(0, count));)
            {
            }
        }
    }

    // ends with the process, even if what it left in the background keeps the pipe open
    private static void CopyOutput(SafeFileHandle from, SafeFileHandle? process, int to)
    {
        using (from)
        {
            var buffer = new byte[1 << 15];
            var left = MostInPipe;
            while (left > 0)
            {
                var isReadable = Libc.WaitReadable(from, process, Timeout.InfiniteTimeSpan, out var hasEnded);
                var count = isReadable ? Read((int)from.DangerousGetHandle(), buffer) : 0;
                if ((isReadable || hasEnded) && count <= 0)
                {
                    break;
                }

                // closing our end is what tells it: its next write gets SIGPIPE
                if (!TryWrite(to, buffer.AsSpan(0, count)))
                {
                    break;
                }

                left -= hasEnded ? count : 0;
            }
        }
    }

    private static unsafe int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = Libc.read(fd, start, (nuint)buffer.Length);
                if (count >= 0 || !IsPassing())
                {
                    return (int)count;
                }
            }
        }
    }

    private static unsafe bool TryWrite(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var count = Libc.write(fd, start + done, (nuint)(bytes.Length - done));
                if (count < 0 && !IsPassing())
                {
                    return false;
                }

                done += (int)Math.Max(0, count);
            }
        }

        return true;
    }

    // who gave us a stream may have made it non-blocking
    private static bool IsPassing()
    {
        switch (Marshal.GetLastPInvokeError())
        {
            case ErrnoNames.EINTR:
                return true;
            case ErrnoNames.EAGAIN:
                Thread.Sleep(5);
                return true;
            default:
                return false;
        }
    }
}
