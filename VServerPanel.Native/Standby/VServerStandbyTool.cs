using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary><c>vserver-standby list | run-due</c></summary>
internal sealed class VServerStandbyTool : Tool
{
    private const string UsageLine = """
        Usage: vserver-standby list       copies that are kept of this host's vservers, and copies of others' that are here
               vserver-standby run-due    copy those that are due by their intervals, one after the other; purge what moves have kept long enough
        """;

    public override string Name => "vserver-standby";

    public override bool OpenToPanel => true;

    public override string Summary => "standby copies: list, and copy those that are due";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["list"]:
                foreach (var info in StandbyListing.All(call))
                {
                    call.Report.Item(ItemKinds.Standby, info, Describe(info, call.Time.GetUtcNow()));
                }

                return ExitCodes.Success;
            case ["run-due"]:
                if (!call.Options.IsWorker)
                {
                    // who calls each minute keeps the word of moves, too: copies that are kept for so many days. On the wire nothing stands before a job's own first line
                    Moving.Sending.VServerMovesTool.PurgeExpired(call.Options.Detach ? call with { Report = new UnheardReporter() } : call);
                }

                return DueRun.Run(call);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static string Describe(StandbyInfo info, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{info.VServer,-16} {(info.Role == StandbyRole.Source ? "kept on" : "copy of")} {info.Peer}  {(info.CompleteAsOf is { } asOf ? $"complete as of {asOf:u}, {StandbyAge.Of(asOf, now)}" : "not complete yet")}{(info.IntervalMinutes is { } minutes ? $"  every {minutes} minutes" : "")}{(info.Problem is { } problem ? $"  {problem.Message}" : "")}{(info.WhatToDo is { } what ? $"  {what}" : "")}");
}
