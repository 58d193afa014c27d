using VServerPanel.Protocol;

namespace VServerPanel.Native.Output;

/// <summary>The wire protocol on a stream. A reader that went away does not stop the operation.</summary>
internal sealed class JsonReporter(TextWriter output, TimeProvider time) : IReporter
{
    private readonly Lock _gate = new();
    private bool _greeted;
    private bool _broken;

    public bool IsFinished { get; private set; }

    public void Write(WireEvent wireEvent, string? human = null)
    {
        lock (_gate)
        {
            if (IsFinished || (_greeted && wireEvent is HelloEvent))
            {
                return;
            }

            if (!_greeted && wireEvent is not HelloEvent)
            {
                Line(new HelloEvent(WireProtocol.Version, []));
            }

            _greeted = true;
            IsFinished = wireEvent.IsLast;
            Line(wireEvent is LogEvent or ProgressEvent && wireEvent.Time is null ? wireEvent with { Time = time.GetUtcNow() } : wireEvent);
        }
    }

    private void Line(WireEvent wireEvent)
    {
        if (_broken)
        {
            return;
        }

        try
        {
            output.Write(WireProtocol.Write(wireEvent) + "\n");
            output.Flush();
        }
        catch (IOException)
        {
            // EPIPE: who asked is gone; the job's file still tells how it went
            _broken = true;
        }
    }
}
