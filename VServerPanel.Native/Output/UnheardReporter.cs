using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>For what has its place in the journal alone.</summary>
internal sealed class UnheardReporter : IReporter
{
    public bool IsFinished { get; private set; }

    public void Write(WireEvent wireEvent, string? human = null) => IsFinished |= wireEvent.IsLast;
}
