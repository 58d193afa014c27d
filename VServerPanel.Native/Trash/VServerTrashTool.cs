using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary><c>vserver-trash list [--measure] | restore ID [--name NEW] | purge ID|ALL|EXPIRED</c></summary>
internal sealed class VServerTrashTool : Tool
{
    private const string UsageLine = "Usage: vserver-trash list [--measure] | restore ID [--name NEW] | purge ID|ALL|EXPIRED";

    public override string Name => "vserver-trash";

    public override bool OpenToPanel => true;

    public override string Summary => "vservers that were deleted: list, restore, purge";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["list"] or ["list", "--measure"]:
                List(call, measures: arguments.Count > 1);
                return ExitCodes.Success;
            case ["restore", var id]:
                return Restore(call, new TrashStore(call.Paths).Require(id), null);
            case ["restore", var id, "--name", var name]:
                return Restore(call, new TrashStore(call.Paths).Require(id), VServerName.TryParse(name, out var parsed)
                    ? parsed
                    : throw new ProblemException(ProblemCode.InvalidArgument, $"'{name}' is not a vserver name. {VServerName.Rule}"));
            case ["purge", "ALL"]:
                return Purge(call, new TrashStore(call.Paths).List());
            case ["purge", "EXPIRED"]:
                return Purge(call, PurgeHandler.Expired(call));
            case ["purge", var id]:
                return Purge(call, [new TrashStore(call.Paths).Require(id)]);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static void List(Invocation call, bool measures)
    {
        var items = new TrashListing(call).Items(measures).ToList();
        foreach (var item in items)
        {
            call.Report.Item(ItemKinds.TrashItem, item, string.Create(CultureInfo.InvariantCulture, $"{item.Id}  {item.Name,-16} deleted {item.DeletedAt:u}, kept until {item.PurgeAfter:u}  {(item.BytesFreed is { } bytes ? ByteSize.Format(bytes) : "")}{(item.NameIsTaken ? "  (its name is taken)" : "")}"));
        }

        call.Report.Result(null, items.Count == 0 ? "The trash is empty." : null);
    }

    private static int Restore(Invocation call, TrashEntry entry, VServerName? wanted)
    {
        var name = wanted ?? entry.Name;
        var handler = new RestoreHandler(call, entry, name);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("restore", name) { VServerId = entry.VServerId }, operation =>
            (WireProtocol.ToElement(handler.Run(operation)), $"{name} is back, stopped. 'vserver {name} start' starts it."));
    }

    private static int Purge(Invocation call, IReadOnlyList<TrashEntry> entries)
    {
        var handler = new PurgeHandler(call, entries);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        if (entries.Count == 0)
        {
            call.Report.Result(new PurgeOutcome([], 0), "There is nothing to purge.");
            return ExitCodes.Success;
        }

        return handler.Run("purge");
    }
}
