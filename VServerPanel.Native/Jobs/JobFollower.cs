using System.Text;
using System.Text.Json;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Jobs;

/// <summary>Repeats a job's output from its beginning and goes on as it grows, to its last line.</summary>
internal sealed class JobFollower(JobStore jobs)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    public void Follow(string id, IReporter report, CancellationToken cancel)
    {
        report.Hello(id);
        var path = jobs.OutputOf(id);
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var partial = new StringBuilder();
        while (true)
        {
            // asked before reading: what a process wrote before it ended is read in this round
            var isAlive = jobs.Find(id) is { State: JobState.Running };
            if (Repeat(reader, partial, report))
            {
                return;
            }

            if (!isAlive)
            {
                report.Write(new ProblemEvent(ProblemCode.Terminated, "The job's process ended without an answer. 'vserver-jobs recover' finishes it or rolls it back."));
                return;
            }

            if (cancel.WaitHandle.WaitOne(s_pause))
            {
                // only the following ends
                report.Write(new ProblemEvent(ProblemCode.Cancelled, $"No longer following; the job goes on. 'vserver-jobs follow {id}' follows it again."));
                return;
            }
        }
    }

    private static bool Repeat(StreamReader reader, StringBuilder partial, IReporter report)
    {
        int c;
        while ((c = reader.Read()) >= 0)
        {
            if (c != '\n')
            {
                partial.Append((char)c);
                continue;
            }

            var line = partial.ToString();
            partial.Clear();
            WireEvent wireEvent;
            try
            {
                wireEvent = WireProtocol.Read(line);
            }
            catch (JsonException)
            {
                // a line that a full disk cut off
                continue;
            }

            report.Write(wireEvent);
            if (wireEvent.IsLast)
            {
                return true;
            }
        }

        return false;
    }
}
