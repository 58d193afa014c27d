using System.Runtime.InteropServices;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Jobs;

StandardStreams.Ensure(args);

// The console's streams are copies of the descriptors that are there when they are made: a job leaves its caller's before.
if (args is ["--job-worker", ..])
{
    DetachedJob.Detach();
}

// The caller of a job may go away: its terminal, its ssh, the panel. SIGHUP and SIGPIPE must not end an operation half-way.
using var cancel = new CancellationTokenSource();
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => c.Cancel = true);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
var error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
return new Dispatcher(output, error, TimeProvider.System).Run(Environment.GetCommandLineArgs()[0], args, cancel.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    cancel.Cancel();
}
