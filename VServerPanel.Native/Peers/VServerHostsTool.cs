using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary><c>vserver-hosts key | list | add … | remove NAME | allow NAME KEY | deny NAME | check NAME</c>: which hosts this one sends vservers to, and takes them from.</summary>
internal sealed class VServerHostsTool : Tool
{
    private const string UsageLine = "Usage: vserver-hosts key | list | add NAME --address A [--port P] --host-key KEY | remove NAME | allow NAME KEY | deny NAME | check NAME";

    // the other end tries its kernel programs out the first time
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly Argument<string> s_name = new("NAME");
    private static readonly Option<string> s_address = new("--address") { Description = "host name or address", Required = true };
    private static readonly Option<int> s_port = new("--port") { Description = "port of its sshd; 22 where nothing is said", DefaultValueFactory = _ => 22 };
    private static readonly Option<string> s_hostKey = new("--host-key") { Description = "its public host key, 'TYPE BASE64', as 'vserver-hosts key' tells it there", Required = true };

    public override string Name => "vserver-hosts";

    public override bool OpenToPanel => true;

    public override string Summary => "other hosts: keys, whom vservers are sent to, whom they are taken from";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var peers = new PeerStore(call.Paths);
        var own = new OwnKey(call.Paths);
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["key"] when own.Exists:
                var keys = own.Read();
                call.Report.Result(keys, Describe(keys));
                return ExitCodes.Success;
            case ["key"]:
                return Change(call, "host-key", "Make the key of this host for other hosts", own.Ensure, () => (WireProtocol.ToElement(own.Read()), Describe(own.Read())));
            case ["list"]:
                foreach (var info in peers.List().Select(p => p.ToInfo()))
                {
                    call.Report.Item(ItemKinds.Peer, info, $"{info.Name}  {info.Address} port {info.Port}  {info.HostKey}");
                }

                foreach (var allowed in new AuthorizedKeys(call.Paths).List())
                {
                    call.Report.Item(ItemKinds.AllowedPeer, allowed, $"{allowed.Name}  may send vservers here  {allowed.Key}");
                }

                return ExitCodes.Success;
            case ["add", ..]:
                return Add([.. arguments.Skip(1)], peers, call);
            case ["remove", var name]:
                peers.Require(name);
                return Change(call, "host-remove", $"Forget the host {name}", () => peers.Remove(name), () => (null, $"No vserver can be sent to {name} any more."));
            case ["allow", var name, var text]:
                var key = PublicKey.Parse(text);
                Peer.CheckName(name);
                return Change(call, "host-allow", $"Let {name} send vservers here, by the key {key.Fingerprint}", () => new PeerPermission(call.Paths).Allow(name, key), () => (null, $"{name} may send vservers here."));
            case ["deny", var name]:
                Peer.CheckName(name);
                var ended = 0;
                return Change(call, "host-deny", $"Let {name} send no vservers here, and end its connections", () => ended = new PeerPermission(call.Paths).Deny(name), () => (null, $"{name} may not send vservers here any more.{Hosts.Setup.PanelConnections.Describe(ended)}"));
            case ["check", var name]:
                var report = Check(new PeerSsh(call.Paths, peers.Require(name)), own, call.Cancel);
                call.Report.Result(report, $"{name} is {report.Hostname}: Linux {report.Kernel} ({report.Architecture}), VServerPanel {report.Version}, {ByteSize.Format(report.BytesFree)} free");
                return ExitCodes.Success;
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static PeerReport Check(PeerSsh ssh, OwnKey own, CancellationToken cancel)
    {
        own.Read();
        return ssh.Ask<PeerReport>("check", s_patience, cancel);
    }

    private static string Describe(HostKeys keys) => string.Join('\n', (string[])[
        $"Key of {keys.Hostname} ({keys.Fingerprint}), for 'vserver-hosts allow' at the target:", "  " + keys.PublicKey,
        "Host keys of its sshd, one of which is for 'vserver-hosts add … --host-key' at other hosts:", .. keys.SshHostKeys.Select(k => "  " + k)]);

    private int Add(IReadOnlyList<string> words, PeerStore peers, Invocation call)
    {
        var command = new Command("add", "Makes a host known that vservers can be sent to. Its host key is pinned: take it from that host itself.") { s_name, s_address, s_port, s_hostKey };
        if (ArgumentParser.Parse(command, words, $"{Name} add") is not { } parsed)
        {
            return ExitCodes.Success;
        }

        var peer = new Peer(parsed.GetRequiredValue(s_name), parsed.GetRequiredValue(s_address), parsed.GetValue(s_port), parsed.GetRequiredValue(s_hostKey)).Checked();
        return Change(call, "host-add", $"Make {peer.Address} known as {peer.Name}, with the host key {peer.ToInfo().HostKey}", () => peers.Add(peer), () => (WireProtocol.ToElement(peer.ToInfo()), $"Vservers can be sent to {peer.Name} once it allows this host ('vserver-hosts check {peer.Name}' tries it)."));
    }

    private static int Change(Invocation call, string kind, string title, Action change, Func<(System.Text.Json.JsonElement? Data, string? Human)> answer)
    {
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep(title)], [], []));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind(kind, null) { IsJob = false }, _ =>
        {
            change();
            return answer();
        });
    }
}
