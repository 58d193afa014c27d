using System.Collections.Concurrent;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>A thread in a network namespace of its own. What it starts is in there too, so no address of the machine is touched.</summary>
internal sealed class PrivateNetwork : IDisposable
{
    private const int CLONE_NEWNET = 0x40000000;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <param name="addresses">What the namespace's one device has besides loopback.</param>
    public PrivateNetwork(params string[] addresses)
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
            {
                action();
            }
        });
        _thread.IsBackground = true;
        _thread.Start();
        Do(() =>
        {
            ErrnoException.ThrowIfFailed(Libc.unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)");
            Run("ip", "link", "set", "lo", "up");
            Run("ip", "link", "add", "site", "type", "veth", "peer", "name", "wire");
            Run("ip", "link", "set", "wire", "up");
            Run("ip", "link", "set", "site", "up");
            foreach (var address in addresses)
            {
                Run("ip", ["address", "add", address, "dev", "site", .. address.Contains(':', StringComparison.Ordinal) ? (string[])["nodad"] : ["broadcast", "+"]]);
            }

            return true;
        });
    }

    /// <summary>Runs something on the thread.</summary>
    public T Do<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>();
        _work.Add(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return result.Task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private static void Run(string program, params string[] arguments) => new ChildProcess { Program = program, Arguments = arguments }.Run();
}
