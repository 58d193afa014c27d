using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.ChildProcesses;

/// <summary>A child with chosen descriptors and nothing else of ours, started by posix_spawn(3): for the isolation runtime and its monitor, where
/// a descriptor must be handed over and each millisecond counts. Other programs are run by <see cref="ChildProcess"/>.</summary>
/// <remarks>The child is cloned from the calling thread, so it inherits that thread's mount namespace and niceness.</remarks>
internal sealed class SpawnedProcess
{
    private const int TimedOut = -1;

    // a process may enlarge its pipe up to this (fs.pipe-max-size, pipe(7))
    private const int MostInPipe = 1 << 20;
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(200);
    private int? _exitCode;

    private SpawnedProcess(int id) => Id = id;

    public int Id { get; }

    /// <summary>Starts <paramref name="path"/>. Descriptors become 0, 1, 2 … in the child; where null is given, an empty pipe for input and /dev/null for output.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="environment">Beyond PATH, LC_ALL and the prefix.</param>
    /// <param name="ownSession">Whether it leaves our session (setsid).</param>
    /// <param name="descriptors">From 0 on; at least the three standard ones are always set.</param>
    public static unsafe SpawnedProcess Start(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment,
        bool ownSession,
        params ReadOnlySpan<SafeFileHandle?> descriptors)
    {
        // never /dev/null as input: crun gives the standard streams to the guest's root (fchown(2)), and that inode is the host's
        var (noInput, writeEnd) = Libc.Pipe();
        writeEnd.Dispose();
        using var emptyInput = noInput;
        using var nothing = Libc.open("/dev/null", Libc.O_RDWR);
        using var words = new Libc.CStrings([path, .. arguments]);
        using var variables = new Libc.CStrings([.. BaseEnvironment(), .. environment]);
        var actions = default(Libc.SpawnRoom);
        var attributes = default(Libc.SpawnRoom);
        _ = Libc.posix_spawn_file_actions_init(ref actions);
        _ = Libc.posix_spawnattr_init(ref attributes);
        try
        {
            for (var target = 0; target < Math.Max(3, descriptors.Length); target++)
            {
                var source = target < descriptors.Length && descriptors[target] is { } given ? given : target == 0 ? emptyInput : nothing;
                Check(Libc.posix_spawn_file_actions_adddup2(ref actions, (int)source.DangerousGetHandle(), target), path);
            }

            // the runtime ignores SIGPIPE, and ignored signals stay ignored through exec (signal(7))
            var defaults = new Libc.SignalSet { First = Bit(Libc.SIGPIPE) | Bit(Libc.SIGHUP) | Bit(Libc.SIGINT) | Bit(Libc.SIGQUIT) | Bit(Libc.SIGTERM) };
            var mask = default(Libc.SignalSet);
            Check(Libc.posix_spawnattr_setsigdefault(ref attributes, ref defaults), path);
            Check(Libc.posix_spawnattr_setsigmask(ref attributes, ref mask), path);
            var flags = Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | (ownSession ? Libc.POSIX_SPAWN_SETSID : 0);
            Check(Libc.posix_spawnattr_setflags(ref attributes, (short)flags), path);
            Check(Libc.posix_spawn(out var pid, path, ref actions, ref attributes, words.Pointer, variables.Pointer), path);
            return new SpawnedProcess(pid);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(ref actions);
            _ = Libc.posix_spawnattr_destroy(ref attributes);
        }
    }

    /// <summary>Runs a program to its end with its output taken; null exit code: still running after <paramref name="patience"/>, and killed.</summary>
    public static ChildResult Run(string path, IReadOnlyList<string> arguments, TimeSpan patience, SafeFileHandle? input = null)
    {
        var (read, write) = Libc.Pipe();
        using var readEnd = read;
        SpawnedProcess child;
        using (write)
        {
            child = Start(path, arguments, [], ownSession: false, input, write, write);
        }

        var output = ReadToEnd(readEnd, patience);
        return new ChildResult(child.Wait(patience), output, output);
    }

    /// <summary>Runs a program until it ends and hands on its lines as they come. What it leaves in the background may keep its output open: that is not waited for.</summary>
    /// <remarks>In a session of its own: a guest's program could open our terminal as /dev/tty otherwise (tty(4)).</remarks>
    /// <param name="path">Absolute.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="patience">Then it is killed; negative: never.</param>
    /// <param name="onLine">Told each line.</param>
    /// <param name="cancel">Kills it.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; it has been killed.</exception>
    public static int RunLines(string path, IReadOnlyList<string> arguments, TimeSpan patience, Action<string> onLine, CancellationToken cancel = default) =>
        RunLines(path, arguments, patience, onLine, null, null, cancel);

    /// <summary>As the other, with error output apart, and for a program that must not be torn from its work.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="patience">Then it is killed; negative: never.</param>
    /// <param name="onLine">Told each line.</param>
    /// <param name="onErrorLine">Told each line of its error output; null: they are told as the others.</param>
    /// <param name="onCancel">Asks it to end, and answers how long it may take for that; what it ends with is returned. Null: it is killed.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; it has been killed.</exception>
    public static int RunLines(
        string path,
        IReadOnlyList<string> arguments,
        TimeSpan patience,
        Action<string> onLine,
        Action<string>? onErrorLine,
        Func<TimeSpan>? onCancel,
        CancellationToken cancel)
    {
        var (read, write) = Libc.Pipe();
        var (errorRead, errorWrite) = onErrorLine is null ? (null, null) : ((SafeFileHandle?, SafeFileHandle?))Libc.Pipe();
        using var readEnd = read;
        using var errorReadEnd = errorRead;
        SpawnedProcess child;
        using (write)
        using (errorWrite)
        {
            child = Start(path, arguments, [], ownSession: true, null, write, errorWrite ?? write);
        }

        using var handle = Libc.OpenProcess(child.Id);
        using var stream = new FileStream(readEnd, FileAccess.Read, bufferSize: 0);
        using var errors = errorReadEnd is null ? null : new ErrorLines(errorReadEnd, onErrorLine!);
        var lines = new LineSplitter(onLine);
        var buffer = new byte[4096];
        var deadline = patience < TimeSpan.Zero ? long.MaxValue : System.Environment.TickCount64 + (long)patience.TotalMilliseconds;
        var isOpen = true;
        var isAsked = false;
        var leftAfterEnd = MostInPipe;

        // output without end must not make us deaf: each turn looks at the time, at who cancels, and at the process
        while (handle is not null && deadline - System.Environment.TickCount64 is > 0 and var left)
        {
            if (cancel.IsCancellationRequested && !isAsked)
            {
                if (onCancel is null)
                {
                    child.Wait(TimeSpan.Zero);
                    throw new OperationCanceledException(cancel);
                }

                isAsked = true;
                deadline = Math.Min(deadline, System.Environment.TickCount64 + (long)onCancel().TotalMilliseconds);
                continue;
            }

            var turn = TimeSpan.FromMilliseconds(Math.Min(left, s_turn.TotalMilliseconds));
            var hasEnded = false;
            var isReadable = isOpen && Libc.WaitReadable(readEnd, handle, turn, out hasEnded);
            hasEnded |= !isOpen && Libc.WaitReadable(handle, turn);
            var count = isReadable ? stream.Read(buffer) : 0;
            isOpen &= !isReadable || count > 0;
            lines.Add(buffer.AsSpan(0, count));
            errors?.Drain();
            leftAfterEnd -= hasEnded ? count : 0;
            if (hasEnded && (count == 0 || leftAfterEnd <= 0))
            {
                break;
            }
        }

        lines.Finish();
        errors?.Finish();
        return child.Wait(deadline == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(0, deadline - System.Environment.TickCount64)));
    }

    /// <summary>Its exit code, 128 plus the signal that ended it; killed if it is still there after <paramref name="patience"/> (negative: never).</summary>
    public int Wait(TimeSpan patience)
    {
        if (_exitCode is { } known)
        {
            return known;
        }

        using (var handle = Libc.OpenProcess(Id))
        {
            if (handle is not null && !Libc.WaitReadable(handle, patience))
            {
                _ = Libc.kill(Id, Libc.SIGKILL);
            }
        }

        int status;
        while (Libc.waitpid(Id, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                return TimedOut;
            }
        }

        // wait(2): the low seven bits are the signal, the next byte the exit code
        _exitCode = (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
        return _exitCode.Value;
    }

    /// <summary>All that comes out of a pipe, up to 64 KiB, until its end (or the end of the first line) or until the time is over.</summary>
    public static string ReadToEnd(SafeFileHandle pipe, TimeSpan patience, bool untilNewline = false)
    {
        using var taken = new MemoryStream();
        Span<byte> buffer = stackalloc byte[4096];
        using var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0);
        while (taken.Length < 1 << 16 && Libc.WaitReadable(pipe, patience))
        {
            var read = stream.Read(buffer);
            if (read == 0)
            {
                break;
            }

            taken.Write(buffer[..read]);
            if (untilNewline && buffer[..read].Contains((byte)'\n'))
            {
                break;
            }
        }

        return Encoding.UTF8.GetString(taken.GetBuffer().AsSpan(0, (int)taken.Length));
    }

    private static IEnumerable<string> BaseEnvironment()
    {
        yield return "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        yield return "LC_ALL=C.UTF-8";
        if (System.Environment.GetEnvironmentVariable(HostPaths.PrefixVariable) is { Length: > 0 } prefix)
        {
            yield return $"{HostPaths.PrefixVariable}={prefix}";
        }
    }

    private static ulong Bit(int signal) => 1ul << (signal - 1);

    private static void Check(int error, string path)
    {
        if (error != 0)
        {
            throw new ErrnoException(error, "posix_spawn", path);
        }
    }

    /// <summary>A program's error output, read whenever there is some.</summary>
    private sealed class ErrorLines(SafeFileHandle pipe, Action<string> onLine) : IDisposable
    {
        private readonly FileStream _stream = new(pipe, FileAccess.Read, bufferSize: 0);
        private readonly LineSplitter _lines = new(onLine);
        private readonly byte[] _buffer = new byte[4096];
        private bool _isOpen = true;

        /// <summary>Takes what is there now, and no more than a pipe holds: who writes without end must not keep us here.</summary>
        public void Drain()
        {
            for (var taken = 0; _isOpen && taken < MostInPipe && Libc.WaitReadable(pipe, TimeSpan.Zero);)
            {
                var count = _stream.Read(_buffer);
                _isOpen = count > 0;
                taken += count;
                _lines.Add(_buffer.AsSpan(0, count));
            }
        }

        public void Finish()
        {
            Drain();
            _lines.Finish();
        }

        public void Dispose() => _stream.Dispose();
    }
}
