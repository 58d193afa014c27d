using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary><c>vserver NAME log [--lines N]</c>: what it wrote to its console.</summary>
internal sealed class LogVerb : Verb
{
    private const int DefaultLines = 200;
    private const int MostLines = 100_000;

    public override string Name => "log";

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override string Usage => "[--lines N]";

    public override string Summary => "what the vserver wrote to its console";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is ["--help" or "-h"])
        {
            Console.Out.WriteLine($"Usage: vserver NAME log {Usage}   {Summary}");
            return ExitCodes.Success;
        }

        var count = arguments switch
        {
            [] => DefaultLines,
            ["--lines", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= MostLines => number,
            _ => throw new ProblemException(ProblemCode.InvalidArgument, $"Usage: vserver NAME log [--lines N], with N from 1 to {MostLines}."),
        };

        foreach (var (time, text) in ConsoleLog.ReadLast(call.Paths, name, count))
        {
            var line = ReporterExtensions.Printable(text);
            if (call.Options.Json)
            {
                call.Report.Write(new LogEvent(LogEvent.Output, line) { Time = time });
            }
            else
            {
                Console.Out.WriteLine($"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss} {line}");
            }
        }

        return ExitCodes.Success;
    }
}
