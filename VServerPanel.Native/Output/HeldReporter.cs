using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Holds back what is said of one of several that are looked at at the same time, until all of it can be handed on together.</summary>
internal sealed class HeldReporter : IReporter
{
    private readonly Lock _gate = new();
    private readonly List<(WireEvent Event, string? Human)> _held = [];

    public bool IsFinished => false;

    public void Write(WireEvent wireEvent, string? human = null)
    {
        lock (_gate)
        {
            _held.Add((wireEvent, human));
        }
    }

    /// <summary>Hands all of it on.</summary>
    public void ReleaseTo(IReporter reporter)
    {
        foreach (var (wireEvent, human) in _held)
        {
            reporter.Write(wireEvent, human);
        }

        _held.Clear();
    }
}
