using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary><c>vserver NAME readdress [--hostname H] [--domainname D] [--ip A…] [--guest-files yes|no]</c></summary>
internal sealed class ReaddressVerb : Verb
{
    public override string Name => "readdress";

    public override bool OpenToPanel => true;

    public override string Usage => "[--hostname H] [--domainname D] [--ip A…] [--guest-files yes|no]";

    public override string Summary => "give it another host name or other addresses, in its conf file and in its own files";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        var hostname = new Option<string>("--hostname") { Description = "host name in the vserver", HelpName = "H" };
        var domainName = new Option<string>("--domainname") { Description = "NIS domain; none: unset", HelpName = "D" };
        var ip = new Option<string[]>("--ip") { Description = "all of its addresses from now on, each [device:]address[/bits]", HelpName = "A", AllowMultipleArgumentsPerToken = true };
        var guestFiles = new Option<string>("--guest-files") { Description = "no: change the conf file only", HelpName = "yes|no", DefaultValueFactory = _ => "yes" };
        guestFiles.AcceptOnlyFromAmong("yes", "no");
        var command = new Command("readdress", "Changes host name and addresses in the conf file and in the vserver's own files. A running vserver has them at once where that can be; else it is stopped and started.") { hostname, domainName, ip, guestFiles };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME readdress") is not { } result)
        {
            return ExitCodes.Success;
        }

        var request = new ReaddressRequest(result.GetValue(hostname), result.GetValue(domainName), result.GetValue(ip) is { Length: > 0 } addresses ? addresses : null, result.GetValue(guestFiles) == "yes");
        if (request is { Hostname: null, DomainName: null, Addresses: null })
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "Say what to change: --hostname, --domainname or --ip.");
        }

        var handler = new ReaddressHandler(call, name, request);
        if (call.Options.Plan)
        {
            call.Report.Plan(handler.Plan());
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("readdress", name) { Patience = TimeSpan.FromSeconds(30) }, operation => (null, handler.Run(operation)));
    }
}
