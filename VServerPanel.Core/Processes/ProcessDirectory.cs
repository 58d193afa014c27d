using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Processes;

/// <summary>The processes of the host and its vservers, live: one stream of the host's while anybody looks, none while nobody does.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Whoever reads the stream disposes of it at its end.")]
public sealed class ProcessDirectory(IHostCommand host, TimeProvider time) : IBackgroundWork
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    // the lines of one look at the host come in a row: what they change is told once
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(250);

    private readonly WatchedStream _watched = new(host, time, "vps", "processes", s_silence);
    private readonly Lock _gate = new();
    private readonly HashSet<Channel<bool>> _readers = [];
    private readonly Dictionary<(int Pid, long Start), ProcessInfo> _processes = [];
    private DirectoryConnection _connection = DirectoryConnection.Connecting;
    private string? _message;
    private CancellationTokenSource? _stream;

    /// <summary>What is there, and again whenever it changes, until cancelled. A slow reader misses what was in between.</summary>
    /// <param name="includeHost">Whether processes of the host itself are told, too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<ProcessSnapshot> WatchAsync(bool includeHost, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        Enter(wake);
        try
        {
            yield return Take(includeHost);
            await foreach (var _ in wake.Reader.ReadAllAsync(cancellationToken))
            {
                await Task.Delay(s_settling, time, cancellationToken);
                yield return Take(includeHost);
            }
        }
        finally
        {
            Leave(wake);
        }
    }

    // it runs while somebody looks
    Task IBackgroundWork.RunAsync(CancellationToken stopping) => Task.CompletedTask;

    Task IBackgroundWork.StopAsync(CancellationToken patience)
    {
        lock (_gate)
        {
            _stream?.Cancel();
            _stream = null;
        }

        return Task.CompletedTask;
    }

    private ProcessSnapshot Take(bool includeHost)
    {
        lock (_gate)
        {
            return new ProcessSnapshot(_connection, _message, [.. _processes.Values.Where(p => includeHost || p.Context is not 0)]);
        }
    }

    private void Enter(Channel<bool> wake)
    {
        lock (_gate)
        {
            _readers.Add(wake);
            if (_stream is null)
            {
                (_connection, _message) = (DirectoryConnection.Connecting, null);
                _processes.Clear();
                _stream = new CancellationTokenSource();
                _ = RunAsync(_stream);
            }
        }
    }

    private void Leave(Channel<bool> wake)
    {
        lock (_gate)
        {
            _readers.Remove(wake);
            if (_readers.Count == 0)
            {
                _stream?.Cancel();
                _stream = null;
            }
        }
    }

    private async Task RunAsync(CancellationTokenSource stream)
    {
        try
        {
            while (true)
            {
                var problem = await ReadAsync(stream);
                Change(stream, () => (_connection, _message) = (DirectoryConnection.Unreachable, problem));
                await Task.Delay(s_pause, time, stream.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // nobody looks any more
        }
        finally
        {
            stream.Dispose();
        }
    }

    /// <summary>Reads one stream to its end; returns why it ended.</summary>
    private Task<string> ReadAsync(CancellationTokenSource stream)
    {
        var fresh = new Dictionary<(int Pid, long Start), ProcessInfo>();
        var isComplete = false;
        return _watched.ReadAsync(Take, stream.Token);

        void Take(ItemEvent item)
        {
            switch (item.Kind)
            {
                case ItemKinds.Process:
                    var process = HostCommandExtensions.Read<ProcessInfo>(item.Data);
                    Change(stream, () => (isComplete ? _processes : fresh)[(process.Pid, process.StartTicks)] = process, isComplete);
                    break;
                case ItemKinds.ProcessGone:
                    var gone = HostCommandExtensions.Read<ProcessGone>(item.Data);
                    Change(stream, () => _processes.Remove((gone.Pid, gone.StartTicks)));
                    break;
                case ItemKinds.SnapshotComplete when !isComplete:
                    isComplete = true;
                    Change(stream, () => Replace(fresh));
                    break;
            }
        }
    }

    private void Replace(Dictionary<(int Pid, long Start), ProcessInfo> fresh)
    {
        _processes.Clear();
        foreach (var (key, process) in fresh)
        {
            _processes[key] = process;
        }

        (_connection, _message) = (DirectoryConnection.Live, null);
    }

    /// <summary>Changes what is known, unless the stream is one that was given up.</summary>
    private void Change(CancellationTokenSource stream, Action change, bool isTold = true)
    {
        lock (_gate)
        {
            if (_stream != stream)
            {
                return;
            }

            change();
            if (isTold)
            {
                foreach (var reader in _readers)
                {
                    reader.Writer.TryWrite(true);
                }
            }
        }
    }
}
