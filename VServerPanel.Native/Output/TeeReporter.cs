using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>Says everything to two reporters: the caller's and the job's file.</summary>
internal sealed class TeeReporter(IReporter first, IReporter second) : IReporter
{
    public bool IsFinished => first.IsFinished && second.IsFinished;

    public void Write(WireEvent wireEvent, string? human = null)
    {
        second.Write(wireEvent, human);
        first.Write(wireEvent, human);
    }
}
