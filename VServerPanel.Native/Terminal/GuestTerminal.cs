using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Terminal;

/// <summary>A program on a terminal of the guest's own devpts, and the other end of that terminal. None of the host's terminals is in it.</summary>
internal sealed class GuestTerminal : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(2);

    private readonly SpawnedProcess _runtime;
    private readonly SafeFileHandle? _program;
    private readonly Lock _gate = new();
    private bool _isHungUp;

    // what was typed last was dropped: what comes now is not waited for again
    private bool _isDeaf;

    private GuestTerminal(SpawnedProcess runtime, SafeFileHandle process, SafeFileHandle? program, SafeFileHandle descriptor) =>
        (_runtime, Process, _program, Descriptor) = (runtime, process, program, descriptor);

    /// <summary>The end that is ours.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>The runtime, which waits for the program and ends with it.</summary>
    public SafeFileHandle Process { get; }

    /// <summary>Runs a program on a new terminal. The runtime makes the terminal inside the guest and sends us its other end (runtime-spec, --console-socket).</summary>
    /// <param name="guest">Where.</param>
    /// <param name="process">What.</param>
    /// <param name="directory">The vserver's run directory; root's only.</param>
    /// <param name="size">Of the window.</param>
    /// <exception cref="ProblemException">CommandFailed, with what the runtime said.</exception>
    public static GuestTerminal Open(GuestExec guest, OciProcess process, string directory, TerminalSize size)
    {
        // by descriptor: a socket's path is at most 107 bytes long (unix(7)), and a prefix may be any length
        using var place = Libc.open(directory, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{(int)place.DangerousGetHandle()}/terminal-{Environment.ProcessId}");
        var pidFile = path + ".pid";
        var (read, write) = Libc.Pipe();
        using var errors = read;
        try
        {
            using var listener = Libc.Listen(path);
            return guest.RunOnTerminal(process, path, pidFile, write, runtime => Receive(runtime, listener, errors, write, pidFile, size));
        }
        finally
        {
            File.Delete(path);
            File.Delete(pidFile);
        }
    }

    /// <summary>What the program has written; 0 where nobody has the terminal open any more.</summary>
    public unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)Math.Max(0, Libc.read((int)Descriptor.DangerousGetHandle(), start, (nuint)buffer.Length));
        }
    }

    /// <summary>Types. What a program does not read for long is dropped, as at a terminal whose buffer is full.</summary>
    public unsafe void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var count = Libc.write((int)Descriptor.DangerousGetHandle(), start + done, (nuint)(bytes.Length - done));
                if (count < 0 && (Marshal.GetLastPInvokeError() is not (ErrnoNames.EAGAIN or ErrnoNames.EINTR) || !Libc.WaitWritable(Descriptor, _isDeaf ? TimeSpan.Zero : s_stuck)))
                {
                    _isDeaf = true;
                    return;
                }

                _isDeaf &= count < 0;
                done += (int)Math.Max(0, count);
            }
        }
    }

    public void Resize(TerminalSize size) => Libc.SetWindowSize(Descriptor, size.Columns, size.Rows);

    /// <summary>Ends what runs on it, as when the wire to a terminal breaks: SIGHUP to the shell, which hands it on to its jobs.</summary>
    public void HangUp() => Signal(Libc.SIGHUP);

    /// <summary>The program's exit code; it is killed if it is still there after <paramref name="grace"/>.</summary>
    public int Wait(TimeSpan grace)
    {
        if (!Libc.WaitReadable(Process, grace))
        {
            Signal(Libc.SIGKILL);
        }

        return _runtime.Wait(s_patience);
    }

    public void Dispose()
    {
        Descriptor.Dispose();
        _program?.Dispose();
        Process.Dispose();
    }

    private static GuestTerminal Receive(SpawnedProcess runtime, SafeFileHandle listener, SafeFileHandle errors, SafeFileHandle errorWriter, string pidFile, TerminalSize size)
    {
        errorWriter.Dispose();
        var process = Libc.OpenProcess(runtime.Id) ?? throw Failed(runtime, errors);
        if (!Libc.WaitReadable(listener, process, s_patience, out _))
        {
            process.Dispose();
            throw Failed(runtime, errors);
        }

        using var socket = Libc.Accept(listener);
        var descriptor = Libc.WaitReadable(socket, s_patience) ? Libc.ReceiveDescriptor(socket) : null;
        if (descriptor is null)
        {
            process.Dispose();
            throw Failed(runtime, errors);
        }

        Libc.SetNonBlocking(descriptor);
        Libc.SetWindowSize(descriptor, size.Columns, size.Rows);
        return new GuestTerminal(runtime, process, FindProgram(runtime.Id, process, pidFile), descriptor);
    }

    // the runtime writes it after it has sent the terminal, and before the program runs
    private static SafeFileHandle? FindProgram(int runtimeId, SafeFileHandle runtime, string pidFile)
    {
        for (var waited = 0; waited < 5000; waited += 2)
        {
            if (File.Exists(pidFile) && int.TryParse(File.ReadAllText(pidFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                return OpenChild(pid, runtimeId);
            }

            if (Libc.WaitReadable(runtime, TimeSpan.FromMilliseconds(2)))
            {
                break;
            }
        }

        return null;
    }

    /// <summary>The process that the runtime waits for; null where that has ended, and the number is another's by now.</summary>
    private static SafeFileHandle? OpenChild(int pid, int parent)
    {
        var handle = Libc.OpenProcess(pid);

        // asked after it was opened: who is still there has kept its number
        if (handle is not null && (ProcessTable.Read(pid, new byte[4096])?.Parent != parent || Libc.WaitReadable(handle, TimeSpan.Zero)))
        {
            handle.Dispose();
            return null;
        }

        return handle;
    }

    private static ProblemException Failed(SpawnedProcess runtime, SafeFileHandle errors)
    {
        var said = SpawnedProcess.ReadToEnd(errors, TimeSpan.FromSeconds(2)).Trim();
        return new ProblemException(ProblemCode.CommandFailed, $"The isolation runtime could not open a terminal (exit code {runtime.Wait(TimeSpan.Zero)}): {(said.Length > 0 ? said : "it said nothing")}");
    }

    private void Signal(int signal)
    {
        lock (_gate)
        {
            if (_program is not null && !(signal == Libc.SIGHUP && _isHungUp))
            {
                _isHungUp = true;
                Libc.Signal(_program, signal);
            }
        }
    }
}
