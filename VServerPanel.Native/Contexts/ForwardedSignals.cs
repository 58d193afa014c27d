using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Contexts;

/// <summary>Signals that would end us go to the command instead; those that come before it is there are kept for it.</summary>
/// <remarks>Typed keys (SIGINT, SIGQUIT) reach the command by themselves: it is in our group of the terminal.</remarks>
internal sealed class ForwardedSignals : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<int> _early = [];
    private readonly List<PosixSignalRegistration> _registrations;
    private Action<int>? _send;

    public ForwardedSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Take(c, Libc.SIGTERM)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => Take(c, Libc.SIGHUP)),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, c => c.Cancel = true),
    ];

    /// <summary>Where they go from now on.</summary>
    public void To(Action<int> send)
    {
        lock (_gate)
        {
            _send = send;
            _early.ForEach(send);
        }
    }

    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    private void Take(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (_send is { } send)
            {
                send(number);
            }
            else
            {
                _early.Add(number);
            }
        }
    }
}
