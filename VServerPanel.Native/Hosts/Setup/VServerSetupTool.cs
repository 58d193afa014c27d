using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary><c>vserver-setup [--port N] [--storage xfs --size 20G] [--bridge br0 --address 10.0.0.1/24] [--allow-panel KEY] [--deny-panel [KEY]] [--remove]</c>: prepares a host; called again it makes what is missing.</summary>
internal sealed class VServerSetupTool : Tool
{
    private static readonly Option<int?> s_port = new("--port") { Description = "where the panel listens, on 127.0.0.1; 8420 where nothing else is set" };
    private static readonly Option<string?> s_storage = new("--storage") { Description = "xfs: an image with shared extents on /vservers, which must be empty" };
    private static readonly Option<string?> s_size = new("--size") { Description = "how large it may become, such as 20G" };
    private static readonly Option<string?> s_bridge = new("--bridge") { Description = "a bridge for vservers in a private network, made now and at each boot", HelpName = "NAME" };
    private static readonly Option<string[]> s_address = new("--address") { Description = "the host's address on that bridge, ADDRESS/BITS; repeatable", HelpName = "ADDRESS" };
    private static readonly Option<string?> s_allowPanel = new("--allow-panel") { Description = "let another machine's panel in by ssh, by the key that it shows: 'ssh-ed25519 AAAA…'", HelpName = "KEY" };
    private static readonly Option<string?> s_denyPanel = new("--deny-panel") { Description = "let the panel of that key in by ssh no more; without a key, none of them all", HelpName = "KEY", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> s_remove = new("--remove") { Description = "take commands, sudo rule and services away; vservers and data stay" };

    public override string Name => "vserver-setup";

    public override string Summary => "prepare this host: directories, mount, user, sudo rule, services, storage";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var command = new Command(Name, "Prepares this host for vservers and the panel. Run again, it makes what is missing and leaves the rest alone.") { s_port, s_storage, s_size, s_bridge, s_address, s_allowPanel, s_denyPanel, s_remove };
        if (ArgumentParser.Parse(command, arguments, Name) is not { } parsed)
        {
            return ExitCodes.Success;
        }

        if (parsed.GetValue(s_port) is < 1 or > 65535)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "A port is a number from 1 to 65535.");
        }

        var program = Environment.ProcessPath ?? throw new InvalidOperationException("no path of this program");
        if (parsed.GetValue(s_remove))
        {
            return OperationRunner.Run(call, new OperationKind("setup", null) { IsJob = false }, _ => HostSetup.Remove(call.Paths, program));
        }

        if (parsed.GetResult(s_denyPanel) is not null)
        {
            var denied = parsed.GetValue(s_denyPanel) is { } which ? PanelKey.Parse(which) : null;
            return OperationRunner.Run(call, new OperationKind("setup", null) { IsJob = false }, _ => DenyPanel(call.Paths, denied));
        }

        var key = parsed.GetValue(s_allowPanel) is { } line ? PanelKey.Parse(line) : null;
        var setup = new HostSetup(call.Paths, program, parsed.GetValue(s_port), Storage(parsed), Bridge(parsed), key);
        var plan = setup.Plan();
        if (call.Options.Plan || plan.Steps.Count == 0)
        {
            call.Report.Result(plan, HostSetup.Describe(plan, "This host is prepared."));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("setup", null) { IsJob = false }, operation => setup.Apply(operation, plan));
    }

    private static (System.Text.Json.JsonElement? Data, string? Human) DenyPanel(HostPaths paths, PanelKey? key)
    {
        var (left, ended) = new PanelAccessStep(paths, key).Remove();
        var who = key is null ? "No panel of another machine is let in any more; all keys were taken away."
            : $"The panel with the key {key} is not let in any more. {(left == 0 ? "No other one is" : left == 1 ? "One other is" : $"{left} others are")}.";
        return (null, $"{who}{PanelConnections.Describe(ended)} Jobs that one began go on.");
    }

    private static HostBridge? Bridge(ParseResult parsed) => (parsed.GetValue(s_bridge), parsed.GetValue(s_address) ?? []) switch
    {
        (null, []) => null,
        ({ } name, var addresses) => HostBridge.Parse(name, addresses),
        _ => throw new ProblemException(ProblemCode.InvalidArgument, "--address belongs to a bridge: write both, such as --bridge br0 --address 10.0.0.1/24."),
    };

    private static long? Storage(ParseResult parsed)
    {
        var size = 0L;
        return (parsed.GetValue(s_storage), parsed.GetValue(s_size)) switch
        {
            (null, null) => null,
            ("xfs", { } text) when ByteSize.TryParse(text, out size) => size,
            _ => throw new ProblemException(ProblemCode.InvalidArgument, "Write both, such as --storage xfs --size 20G. On btrfs or an own xfs nothing of it is needed."),
        };
    }
}
