using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Runs the rsync that a peer writes to, and ends it before the disk is full: a peer is believed what it says that a tree will take, and may send more.</summary>
/// <remarks>What has arrived is brought to the disk as it comes. The kernel by itself would begin half a minute later, and a vserver would be down while all of it is written.</remarks>
internal static class ReceivingWatch
{
    /// <summary>What a source finds in the errors of its rsync.</summary>
    public const string Full = "vserver-receive: No space left on device";

    /// <summary>The same, where the disk has not taken what was written.</summary>
    public const string Lost = "vserver-receive: what has arrived cannot be written to the disk";

    // at the rate of a fast disk less than the reserve goes by in between
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_toDisk = TimeSpan.FromSeconds(1);

    /// <param name="tree">Where it writes.</param>
    /// <param name="words">The words by which this command becomes that rsync.</param>
    /// <param name="variable">A variable of our environment that it reads, and what it is.</param>
    /// <param name="value">What it is.</param>
    /// <param name="onLost">Called where the disk has not taken what was written: sizes and times may tell of contents that are not there.</param>
    /// <returns>The exit code of rsync.</returns>
    public static int Run(string tree, IReadOnlyList<string> words, string variable, string value, Action onLost)
    {
        var own = new ChildProcess
        {
            Program = Environment.ProcessPath ?? "/proc/self/exe",
            Arguments = words,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [variable] = value },
        };
        var isOnDisk = true;
        var code = own.RunAttached((pid, ended) =>
        {
            // beside it: a disk that is slow must not keep us from looking at its room
            var writing = BackgroundWork.Start(() => isOnDisk = WriteAsItComes(tree, pid, ended));
            Watch(tree, pid, ended);
            writing.Wait();
        });
        if (isOnDisk)
        {
            return code;
        }

        onLost();
        return ExitCodes.Failure;
    }

    private static bool WriteAsItComes(string tree, int pid, CancellationToken ended)
    {
        using var directory = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var isOver = false;
        while (!isOver)
        {
            isOver = ended.WaitHandle.WaitOne(s_toDisk);

            // an error is told once to each who had the file system open by then: whoever makes sure at the end would not hear of it (syncfs(2))
            if (Libc.syncfs(directory) != 0)
            {
                Console.Error.WriteLine($"{Lost}: {ErrnoException.Last("syncfs").Message}");
                if (!ended.IsCancellationRequested)
                {
                    _ = Libc.kill(pid, Libc.SIGTERM);
                }

                return false;
            }
        }

        return true;
    }

    private static void Watch(string tree, int pid, CancellationToken ended)
    {
        while (!ended.WaitHandle.WaitOne(s_pause))
        {
            if (SpaceGuard.FreeAt(tree) > 0)
            {
                continue;
            }

            Console.Error.WriteLine($"{Full}: the rest is the host's reserve.");

            // rsync ends its children, and removes the file that it was writing
            _ = Libc.kill(pid, Libc.SIGTERM);
            if (!ended.WaitHandle.WaitOne(s_patience))
            {
                _ = Libc.kill(pid, Libc.SIGKILL);
            }

            return;
        }
    }
}
