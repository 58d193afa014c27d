using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>The output of an operation within another's: its first and last lines are not the last of the whole.</summary>
internal sealed class NestedReporter(IReporter outer) : IReporter
{
    public bool IsFinished { get; private set; }

    public void Write(WireEvent wireEvent, string? human = null)
    {
        IsFinished |= wireEvent.IsLast;
        if (wireEvent is not HelloEvent && !wireEvent.IsLast)
        {
            outer.Write(wireEvent, human);
        }
    }
}
